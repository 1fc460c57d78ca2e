//! The free space of the disk with the SQLite file, and the writes that too little space rejects.
//!
//! A full disk stops every write in the middle of its transaction. Bookings from the public form stop first, so that
//! the public cannot fill the disk. All other writes stop when a quarter of the reserve is left, except receipts and the
//! revocation of an API key.

use std::fmt;
use std::io;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::problem::{Problem, ProblemCode};

/// The interval of measurements.
const MEASURE_INTERVAL: Duration = Duration::from_secs(1);

/// Returns the free bytes of the disk.
type Measure = Box<dyn Fn() -> io::Result<u64> + Send + Sync>;

/// How much space is free.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StorageLevel {
    /// Enough for all writes.
    Sufficient,
    /// Below the reserve: the public form is closed.
    Low,
    /// Below a quarter of the reserve: all writes except receipts are rejected.
    Full,
}

impl StorageLevel {
    /// Returns the level for a number of free bytes. A reserve of 0 turns the check off.
    pub fn new(free_bytes: u64, min_free_bytes: u64) -> Self {
        if free_bytes >= min_free_bytes {
            Self::Sufficient
        } else if free_bytes >= min_free_bytes / 4 {
            Self::Low
        } else {
            Self::Full
        }
    }
}

/// Measures the free space, at most once per second.
pub struct StorageSpace {
    /// The reserve, in bytes.
    min_free_bytes: u64,
    measure: Measure,
    last: Mutex<Option<(Instant, StorageLevel)>>,
}

impl StorageSpace {
    /// Creates a check with a reserve in bytes.
    pub fn new(min_free_bytes: u64, measure: Measure) -> Self {
        Self { min_free_bytes, measure, last: Mutex::default() }
    }

    /// Returns the level, as measured within the last second.
    pub fn level(&self, now: Instant) -> StorageLevel {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let before = match *last {
            Some((time, level)) if now.saturating_duration_since(time) < MEASURE_INTERVAL => return level,
            before => before.map_or(StorageLevel::Sufficient, |(_, level)| level),
        };
        // Without a measurement, the level is unchanged. The database still detects a full disk.
        let level = match (self.measure)() {
            Ok(free_bytes) => StorageLevel::new(free_bytes, self.min_free_bytes),
            Err(error) => {
                log::warn!("cannot measure the free disk space: {error}");
                before
            }
        };
        if level != before {
            self.log_change(level);
        }
        *last = Some((now, level));
        level
    }

    /// Checks that there is space for a change.
    ///
    /// # Errors
    /// 503 if the disk is nearly full.
    pub fn admit_write(&self, now: Instant) -> Result<(), Problem> {
        reject_if(self.level(now) == StorageLevel::Full)
    }

    /// Checks that there is space for a booking from the public form.
    ///
    /// # Errors
    /// 503 if the free space is below the reserve.
    pub fn admit_form(&self, now: Instant) -> Result<(), Problem> {
        reject_if(self.level(now) != StorageLevel::Sufficient)
    }

    fn log_change(&self, level: StorageLevel) {
        let min = self.min_free_bytes;
        match level {
            StorageLevel::Sufficient => {
                log::info!("the disk has enough free space again; all writes are accepted")
            }
            StorageLevel::Low => log::warn!(
                "the free disk space is below server.min_free_bytes ({min} bytes): the booking form is closed. Free \
                 space on the disk of database.data_dir"
            ),
            StorageLevel::Full => log::error!(
                "the free disk space is below a quarter of server.min_free_bytes ({min} bytes): all writes \
                 except receipts are rejected. Free space on the disk of database.data_dir"
            ),
        }
    }
}

fn reject_if(is_full: bool) -> Result<(), Problem> {
    if is_full { Err(Problem::new(ProblemCode::StorageFull)) } else { Ok(()) }
}

impl fmt::Debug for StorageSpace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("StorageSpace").field("min_free_bytes", &self.min_free_bytes).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    #[test]
    fn the_form_closes_below_the_reserve_and_all_writes_below_a_quarter() {
        for (free, form, write) in
            [(400, true, true), (399, false, true), (100, false, true), (99, false, false)]
        {
            let space = StorageSpace::new(400, Box::new(move || Ok(free)));
            let now = Instant::now();
            assert_eq!(
                (space.admit_form(now).is_ok(), space.admit_write(now).is_ok()),
                (form, write),
                "{free}"
            );
        }
        assert_eq!(StorageLevel::new(0, 0), StorageLevel::Sufficient);
    }

    #[test]
    fn the_space_is_measured_at_most_once_per_second() {
        let count = Arc::new(AtomicU64::new(0));
        let measured = Arc::clone(&count);
        let space = StorageSpace::new(3, Box::new(move || Ok(3 - measured.fetch_add(1, Ordering::Relaxed))));
        let start = Instant::now();
        for millis in [0, 1, 999] {
            assert_eq!(space.level(start + Duration::from_millis(millis)), StorageLevel::Sufficient);
        }
        assert_eq!(space.level(start + Duration::from_secs(1)), StorageLevel::Low);
        assert_eq!(count.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn a_failed_measurement_rejects_nothing() {
        let space = StorageSpace::new(1, Box::new(|| Err(io::Error::other("no disk"))));
        assert!(space.admit_form(Instant::now()).is_ok());
    }
}
