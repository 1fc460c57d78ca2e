//! The durations and sizes of a run.

use std::time::Duration;

/// The durations and sizes of a run.
#[derive(Debug, Clone)]
pub struct Scale {
    /// Whether the run only checks that the benchmark works.
    pub is_short: bool,
    /// The number of pairs behind each ratio.
    pub pairs: usize,
    /// The duration of one half of a pair.
    pub run: Duration,
    /// The duration of the load before a measurement, which fills pools and statement caches.
    pub warm_up: Duration,
    /// The number of bookings in the large table.
    pub large_table: u32,
    /// The number of bookings in the table that the large table is compared with.
    pub small_table: u32,
    /// The number of pages behind one value.
    pub pages: u32,
    /// How often concurrent reads meet a cold cache.
    pub cold_caches: u32,
    /// The number of reads before memory is measured.
    pub reads: usize,
    /// The duration of the overload.
    pub overload: Duration,
    /// The duration of the load before and after the overload.
    pub around_overload: Duration,
    /// The number of open payments during an import.
    pub open_payments: u32,
    /// The approximate number of lines of the imported statement.
    pub statement_lines: u32,
    /// The number of bookings whose instructions are counted.
    pub counted_bookings: usize,
}

impl Scale {
    /// The scale of published results.
    pub const fn full() -> Self {
        Self {
            is_short: false,
            pairs: 5,
            run: Duration::from_secs(5),
            warm_up: Duration::from_secs(2),
            large_table: 1_000_000,
            small_table: 10_000,
            pages: 200,
            cold_caches: 20,
            reads: 100_000,
            overload: Duration::from_secs(60),
            around_overload: Duration::from_secs(10),
            open_payments: 50_000,
            statement_lines: 10_000,
            counted_bookings: 2_000,
        }
    }

    /// A scale that only checks that the benchmark works.
    pub const fn short() -> Self {
        Self {
            is_short: true,
            pairs: 2,
            run: Duration::from_secs(1),
            warm_up: Duration::from_millis(500),
            large_table: 20_000,
            small_table: 2_000,
            pages: 20,
            cold_caches: 2,
            reads: 2_000,
            overload: Duration::from_secs(3),
            around_overload: Duration::from_secs(3),
            open_payments: 1_000,
            statement_lines: 200,
            counted_bookings: 200,
        }
    }
}
