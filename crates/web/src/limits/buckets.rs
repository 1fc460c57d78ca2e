//! One token bucket per principal, in a table of bounded size.
//!
//! **Memory:** a full bucket equals a missing one, so full buckets are dropped. At most [`BUCKETS_MAX`] buckets are
//! stored, about 4 MB.
//!
//! **Many principals:** a bucket that is not full is never dropped, so no caller regains tokens by filling the table
//! from other addresses. While the table is full, all principals without a bucket share one more bucket. An attacker
//! with more than [`BUCKETS_MAX`] addresses can therefore slow down new callers, but neither known callers nor the
//! sum of all requests of new ones can exceed a quota.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::quota::{Exhausted, Quota, Taken};

/// The maximum number of stored buckets.
const BUCKETS_MAX: usize = 65_536;
/// The interval at which full buckets are dropped.
const SWEEP_INTERVAL: Duration = Duration::from_secs(1);

/// The buckets of all principals of one kind.
#[derive(Debug)]
pub struct Buckets<P> {
    quota: Quota,
    table: Mutex<Table<P>>,
}

#[derive(Debug)]
struct Table<P> {
    /// When the bucket of each principal is full again.
    full_at: HashMap<P, Instant>,
    /// When the bucket of the principals without a bucket of their own is full again.
    shared_full_at: Option<Instant>,
    swept_at: Option<Instant>,
}

impl<P: Eq + Hash> Buckets<P> {
    /// Creates full buckets for all principals.
    pub fn new(quota: Quota) -> Self {
        Self {
            quota,
            table: Mutex::new(Table { full_at: HashMap::new(), shared_full_at: None, swept_at: None }),
        }
    }

    /// Takes a token from the bucket of a principal.
    ///
    /// # Errors
    /// If the bucket has no token.
    pub fn take(&self, principal: P, now: Instant) -> Result<Taken, Exhausted> {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        table.sweep(now);
        let is_full = table.full_at.len() >= BUCKETS_MAX;
        let known = table.full_at.get(&principal).copied();
        let state = if is_full && known.is_none() { table.shared_full_at } else { known };
        let taken = self.quota.take(state.unwrap_or(now), now)?;
        if is_full && known.is_none() {
            table.shared_full_at = Some(taken.full_at);
        } else {
            table.full_at.insert(principal, taken.full_at);
        }
        Ok(taken)
    }
}

impl<P: Eq + Hash> Table<P> {
    /// Drops full buckets, at most once per interval.
    fn sweep(&mut self, now: Instant) {
        let is_due = self.swept_at.is_none_or(|last| now.saturating_duration_since(last) >= SWEEP_INTERVAL);
        if is_due {
            self.swept_at = Some(now);
            self.full_at.retain(|_, full_at| *full_at > now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn buckets() -> Buckets<usize> {
        Buckets::new(Quota::new(2, 1, 10 * SECOND).unwrap())
    }

    fn len(buckets: &Buckets<usize>) -> usize {
        buckets.table.lock().unwrap().full_at.len()
    }

    #[test]
    fn each_principal_has_its_own_bucket() {
        let (buckets, now) = (buckets(), Instant::now());
        for principal in [1, 1, 2, 2] {
            assert!(buckets.take(principal, now).is_ok());
        }
        assert!(buckets.take(1, now).is_err() && buckets.take(2, now).is_err());
        assert!(buckets.take(1, now + 10 * SECOND).is_ok());
    }

    #[test]
    fn full_buckets_are_dropped() {
        let (buckets, now) = (buckets(), Instant::now());
        for principal in 0..100 {
            buckets.take(principal, now).unwrap();
        }
        assert_eq!(len(&buckets), 100);
        buckets.take(100, now + 10 * SECOND).unwrap();
        assert_eq!(len(&buckets), 1);
    }

    #[test]
    fn many_principals_neither_grow_the_table_nor_refill_an_exhausted_bucket() {
        let (buckets, mut now) = (buckets(), Instant::now());
        for _ in 0..2 {
            buckets.take(0, now).unwrap();
        }
        let admitted = (1..BUCKETS_MAX + 1_000).filter(|&other| buckets.take(other, now).is_ok()).count();
        assert_eq!(len(&buckets), BUCKETS_MAX);
        // All principals beyond the maximum share one bucket with two tokens.
        assert_eq!(admitted, BUCKETS_MAX - 1 + 2);
        now += SECOND;
        assert!(buckets.take(0, now).is_err());
        assert!(buckets.take(BUCKETS_MAX + 1, now).is_err());
        assert!(buckets.take(1, now).is_ok(), "a known principal has lost its bucket");
        assert!(buckets.take(BUCKETS_MAX + 1, now + 20 * SECOND).is_ok());
        assert_eq!(len(&buckets), 1);
    }
}
