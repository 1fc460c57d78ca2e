//! How long and how large everything is measured.

use std::time::Duration;

/// The sizes of a run.
#[derive(Debug, Clone)]
pub struct Scale {
    /// Whether this run only shows that the bench works.
    pub is_short: bool,
    /// How many pairs a ratio is the median of.
    pub pairs: usize,
    /// How long one half of a pair is loaded.
    pub run: Duration,
    /// How long the load before a measurement lasts, which fills pools and caches of statements.
    pub warm_up: Duration,
    /// The bookings of the large table.
    pub many: u32,
    /// The bookings of the table it is compared with.
    pub some: u32,
    /// How many pages are read for one figure.
    pub pages: u32,
    /// How many times a crowd meets a cold cache.
    pub crowds: u32,
    /// The reads before memory is looked at.
    pub reads: usize,
    /// How long the overload lasts.
    pub overload: Duration,
    /// How long the load before and after the overload lasts.
    pub around_overload: Duration,
    /// The bookings whose instructions are counted.
    pub counted: usize,
}

impl Scale {
    /// What is written down.
    pub const fn full() -> Self {
        Self {
            is_short: false,
            pairs: 5,
            run: Duration::from_secs(5),
            warm_up: Duration::from_secs(2),
            many: 1_000_000,
            some: 10_000,
            pages: 200,
            crowds: 20,
            reads: 100_000,
            overload: Duration::from_secs(60),
            around_overload: Duration::from_secs(10),
            counted: 2_000,
        }
    }

    /// Enough to see that the bench works.
    pub const fn short() -> Self {
        Self {
            is_short: true,
            pairs: 2,
            run: Duration::from_secs(1),
            warm_up: Duration::from_millis(500),
            many: 20_000,
            some: 2_000,
            pages: 20,
            crowds: 2,
            reads: 2_000,
            overload: Duration::from_secs(3),
            around_overload: Duration::from_secs(3),
            counted: 200,
        }
    }
}
