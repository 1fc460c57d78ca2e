//! The rules of freshness: pure, so that the server and the model checker (`tests/model`) go by the same ones.
//!
//! Two tests stand between a l1 answer and a reader. The **version** says that no write was made visible since
//! the answer was read, as far as the shared cache knows. The **word** of the database, not older than D, says
//! which state of the ledger is the latest: it covers every write whose version could not be changed, because
//! such a write waits D before it is acknowledged ([`earliest_ack`]).

use std::ops::Add;
use std::time::Duration;

use hermes_domain::ledger::HeadId;

/// What the database said of its head.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct HeadObservation<T> {
    /// The head it said.
    pub head: HeadId,
    /// When it was asked; its answer may be from any moment after this.
    pub requested_at: T,
    /// When the answer was there.
    pub received_at: T,
}

/// What a word says of an answer that was read at a head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// It was read at the latest head: it may be served.
    Fresh,
    /// The ledger has moved on, or back.
    Stale,
    /// Nobody knows without asking the database: it was not asked lately, or the answer is newer than its word.
    Unverified,
}

/// How a new word compares with the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeadProgress {
    /// The ledger is where it was, or further on.
    Advanced,
    /// The new word was asked for after the old one was heard, and is behind it: commits were lost.
    Regressed,
}

/// What became of the attempt to make the version a fresh one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Invalidation {
    /// Every version that is asked for from now on is a new one.
    Done,
    /// The cache would not, or nobody knows whether it did.
    Failed,
}

impl<T: Copy + Ord + Add<Duration, Output = T>> HeadObservation<T> {
    /// Until when it counts. From the asking: a commit that the answer does not show came after it.
    pub fn valid_until(&self, staleness_bound: Duration) -> T {
        self.requested_at + staleness_bound
    }

    /// What this word says of an answer.
    pub fn freshness_of(&self, head: HeadId, now: T, staleness_bound: Duration) -> Freshness {
        if head != self.head && head.seq <= self.head.seq {
            Freshness::Stale
        } else if head == self.head && now < self.valid_until(staleness_bound) {
            Freshness::Fresh
        } else {
            Freshness::Unverified
        }
    }

    /// Whether it should take the place of another: what was asked for later is the later word.
    pub fn replaces(&self, other: &Self) -> bool {
        self.requested_at >= other.requested_at
    }

    /// How it compares with the word before it.
    pub fn progress_since(&self, before: &Self) -> HeadProgress {
        let behind = self.head.seq < before.head.seq
            || (self.head.seq == before.head.seq && self.head.token != before.head.token);
        if behind && self.requested_at > before.received_at {
            HeadProgress::Regressed
        } else {
            HeadProgress::Advanced
        }
    }
}

/// What is known of an answer without asking the database.
pub fn freshness_of<T: Copy + Ord + Add<Duration, Output = T>>(
    head: HeadId,
    word: Option<&HeadObservation<T>>,
    now: T,
    staleness_bound: Duration,
) -> Freshness {
    word.map_or(Freshness::Unverified, |word| word.freshness_of(head, now, staleness_bound))
}

/// Whether a head that was asked for after a read arrived lets an answer pass to that read.
pub fn is_same_head(head_now: HeadId, head: HeadId) -> bool {
    head_now == head
}

/// Whether a l1 answer has the version that a read was told.
pub fn has_version<V: PartialEq>(l1: Option<&V>, told: &V) -> bool {
    l1 == Some(told)
}

/// When a write may be acknowledged; `None` is at once.
///
/// Without a fresh version other instances learn of the write from the database alone. Every word that still
/// counts when D has passed since the commit was asked for after it.
pub fn earliest_ack<T: Add<Duration, Output = T>>(
    after_commit: T,
    bump: Invalidation,
    staleness_bound: Duration,
) -> Option<T> {
    match bump {
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

    fn word(seq: i64, token: u128, asked_ms: u64) -> HeadObservation<Duration> {
        HeadObservation { head: head(seq, token), requested_at: at(asked_ms), received_at: at(asked_ms + 10) }
    }

    #[test]
    fn a_word_counts_from_its_asking_and_for_its_own_head_only() {
        let word = word(5, 5, 100);
        assert_eq!(word.freshness_of(head(5, 5), at(349), D), Freshness::Fresh);
        assert_eq!(word.freshness_of(head(5, 5), at(350), D), Freshness::Unverified);
        assert_eq!(word.freshness_of(head(4, 4), at(110), D), Freshness::Stale);
        assert_eq!(word.freshness_of(head(5, 6), at(110), D), Freshness::Stale);
        assert_eq!(word.freshness_of(head(6, 6), at(110), D), Freshness::Unverified);
        assert_eq!(freshness_of::<Duration>(head(0, 0), None, at(0), D), Freshness::Unverified);
    }

    #[test]
    fn the_word_that_was_asked_for_later_stays() {
        assert!(word(5, 5, 100).replaces(&word(6, 6, 90)));
        assert!(!word(6, 6, 90).replaces(&word(5, 5, 100)));
    }

    #[test]
    fn only_a_word_asked_for_after_the_last_one_was_heard_shows_that_commits_were_lost() {
        let before = word(5, 5, 100);
        assert_eq!(word(4, 4, 111).progress_since(&before), HeadProgress::Regressed);
        assert_eq!(word(5, 6, 111).progress_since(&before), HeadProgress::Regressed);
        assert_eq!(word(4, 4, 110).progress_since(&before), HeadProgress::Advanced);
        assert_eq!(word(5, 5, 110).progress_since(&before), HeadProgress::Advanced);
        assert_eq!(word(6, 6, 110).progress_since(&before), HeadProgress::Advanced);
    }

    #[test]
    fn a_write_that_could_not_tell_waits_until_all_words_of_before_have_run_out() {
        assert_eq!(earliest_ack(at(100), Invalidation::Done, D), None);
        assert_eq!(earliest_ack(at(100), Invalidation::Failed, D), Some(at(350)));
    }
}
