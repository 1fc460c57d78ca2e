//! The decisions of the read cache: pure functions, shared by the server and the model checker (`tests/model`).
//!
//! A cached entry passes two tests before a read may serve it:
//!
//! * The **cache version** shows that no write has invalidated the cache since the load. It does not cover writes
//!   whose invalidation failed.
//! * The **cached head**, requested less than D (the staleness bound) ago, shows the latest state of the ledger.
//!   The cached head covers each write whose invalidation failed, because such a write is acknowledged D after
//!   its commit ([`earliest_ack`]).

use std::ops::Add;
use std::time::Duration;

use hermes_domain::ledger::HeadId;

/// A ledger head that was read from the database, with the times of the request and the response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct HeadObservation<T> {
    /// The ledger head.
    pub head: HeadId,
    /// The time of the request. The database read the head at some moment after this.
    pub requested_at: T,
    /// The time of the response.
    pub received_at: T,
}

/// How the head of an entry compares with the cached head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// The entry has the latest head and may be served.
    Fresh,
    /// The ledger has moved to another head.
    Stale,
    /// The cached head has expired, or is older than the entry. Only the database can decide.
    Unverified,
}

/// How a head observation compares with the previous one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeadProgress {
    /// The ledger is unchanged or has advanced.
    Advanced,
    /// The head was requested after the previous head was received, and is behind it: commits were lost.
    Regressed,
}

/// The result of replacing the cache version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Invalidation {
    /// Each version that is requested from now on is a new one.
    Done,
    /// The shared cache refused, or the outcome is unknown.
    Failed,
}

impl<T: Copy + Ord + Add<Duration, Output = T>> HeadObservation<T> {
    /// Returns the time at which the observation expires.
    ///
    /// The bound starts at the request: a commit that the response does not show happened after the request.
    pub fn valid_until(&self, staleness_bound: Duration) -> T {
        self.requested_at + staleness_bound
    }

    /// Compares the head of an entry with the observed head.
    pub fn freshness_of(&self, head: HeadId, now: T, staleness_bound: Duration) -> Freshness {
        if head != self.head && head.seq <= self.head.seq {
            Freshness::Stale
        } else if head == self.head && now < self.valid_until(staleness_bound) {
            Freshness::Fresh
        } else {
            Freshness::Unverified
        }
    }

    /// Returns whether this observation replaces another one. The later request wins.
    pub fn replaces(&self, other: &Self) -> bool {
        self.requested_at >= other.requested_at
    }

    /// Compares this observation with the previous one.
    pub fn progress_since(&self, previous: &Self) -> HeadProgress {
        let is_behind = self.head.seq < previous.head.seq
            || (self.head.seq == previous.head.seq && self.head.token != previous.head.token);
        if is_behind && self.requested_at > previous.received_at {
            HeadProgress::Regressed
        } else {
            HeadProgress::Advanced
        }
    }
}

/// Compares the head of an entry with the cached head, without a request to the database.
pub fn freshness_of<T: Copy + Ord + Add<Duration, Output = T>>(
    head: HeadId,
    cached_head: Option<&HeadObservation<T>>,
    now: T,
    staleness_bound: Duration,
) -> Freshness {
    cached_head.map_or(Freshness::Unverified, |observed| observed.freshness_of(head, now, staleness_bound))
}

/// Returns whether an entry has the ledger head that was requested after the read arrived.
pub fn is_same_head(current: HeadId, head: HeadId) -> bool {
    current == head
}

/// Returns whether an entry has the cache version that the read received.
pub fn has_version<V: PartialEq>(entry_version: Option<&V>, current: &V) -> bool {
    entry_version == Some(current)
}

/// Returns when a write may be acknowledged; `None` means immediately.
///
/// After a failed invalidation, other instances see the write only through the ledger head. Each cached head that
/// is still valid at D after the commit was requested after the commit, and therefore shows the write.
pub fn earliest_ack<T: Add<Duration, Output = T>>(
    after_commit: T,
    invalidation: Invalidation,
    staleness_bound: Duration,
) -> Option<T> {
    match invalidation {
        Invalidation::Done => None,
        Invalidation::Failed => Some(after_commit + staleness_bound),
    }
}

#[cfg(test)]
mod tests {
    use hermes_domain::ledger::BatchToken;
    use uuid::Uuid;

    use super::*;

    const D: Duration = Duration::from_millis(250);

    fn at(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn head(seq: i64, token: u128) -> HeadId {
        HeadId { seq, token: BatchToken(Uuid::from_u128(token)) }
    }

    /// A head that was received 10 ms after its request.
    fn observed(seq: i64, token: u128, requested_ms: u64) -> HeadObservation<Duration> {
        HeadObservation {
            head: head(seq, token),
            requested_at: at(requested_ms),
            received_at: at(requested_ms + 10),
        }
    }

    #[test]
    fn an_observation_is_valid_from_its_request_and_for_its_own_head() {
        let observed = observed(5, 5, 100);
        assert_eq!(observed.freshness_of(head(5, 5), at(349), D), Freshness::Fresh);
        assert_eq!(observed.freshness_of(head(5, 5), at(350), D), Freshness::Unverified);
        assert_eq!(observed.freshness_of(head(4, 4), at(110), D), Freshness::Stale);
        assert_eq!(observed.freshness_of(head(5, 6), at(110), D), Freshness::Stale);
        assert_eq!(observed.freshness_of(head(6, 6), at(110), D), Freshness::Unverified);
        assert_eq!(freshness_of::<Duration>(head(0, 0), None, at(0), D), Freshness::Unverified);
    }

    #[test]
    fn the_observation_with_the_later_request_wins() {
        assert!(observed(5, 5, 100).replaces(&observed(6, 6, 90)));
        assert!(!observed(6, 6, 90).replaces(&observed(5, 5, 100)));
    }

    #[test]
    fn only_a_head_requested_after_the_previous_response_shows_lost_commits() {
        let previous = observed(5, 5, 100);
        assert_eq!(observed(4, 4, 111).progress_since(&previous), HeadProgress::Regressed);
        assert_eq!(observed(5, 6, 111).progress_since(&previous), HeadProgress::Regressed);
        assert_eq!(observed(4, 4, 110).progress_since(&previous), HeadProgress::Advanced);
        assert_eq!(observed(5, 5, 110).progress_since(&previous), HeadProgress::Advanced);
        assert_eq!(observed(6, 6, 110).progress_since(&previous), HeadProgress::Advanced);
    }

    #[test]
    fn a_write_with_a_failed_invalidation_waits_until_older_observations_expire() {
        assert_eq!(earliest_ack(at(100), Invalidation::Done, D), None);
        assert_eq!(earliest_ack(at(100), Invalidation::Failed, D), Some(at(350)));
    }
}
