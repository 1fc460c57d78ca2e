//! The cached_head: the database's last word on its head.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use hermes_domain::ledger::HeadId;
use tokio::time::Instant;

use super::rules::{Freshness, HeadObservation, HeadProgress, freshness_of};

/// The share of D after which the database is asked again although its word still counts, so that no read
/// has to wait for the answer.
const RENEW_AFTER_FRACTION: u32 = 3;

/// The last word, read without a lock.
pub(super) struct CachedHead {
    staleness_bound: Duration,
    word: ArcSwapOption<HeadObservation<Instant>>,
    /// When the database was last asked in vain, if it has said nothing since.
    failed_at: ArcSwapOption<Instant>,
}

impl CachedHead {
    pub fn new(staleness_bound: Duration) -> Self {
        Self { staleness_bound, word: ArcSwapOption::empty(), failed_at: ArcSwapOption::empty() }
    }

    /// Tells whether an answer read at a head may be served now.
    pub fn freshness_of(&self, head: HeadId) -> Freshness {
        let word = self.word.load();
        freshness_of(head, word.as_deref(), Instant::now(), self.staleness_bound)
    }

    /// Whether it is time to ask the database again.
    pub fn needs_refresh(&self) -> bool {
        self.age().is_none_or(|age| age >= self.staleness_bound / RENEW_AFTER_FRACTION)
    }

    /// How long ago the database was asked for its last word.
    pub fn age(&self) -> Option<Duration> {
        self.word.load().as_ref().map(|word| word.requested_at.elapsed())
    }

    /// Notes that the database did not say its head.
    pub fn record_failure(&self) {
        self.failed_at.store(Some(Arc::new(Instant::now())));
    }

    /// Whether that was just now: whoever asks again would wait as long in vain.
    pub fn is_backing_off(&self) -> bool {
        self.failed_at.load().as_ref().is_some_and(|failed_at| failed_at.elapsed() < self.staleness_bound)
    }

    /// Takes the database's word on a question that was sent at an instant.
    pub fn record(&self, requested_at: Instant, head: HeadId) {
        self.failed_at.store(None);
        let new = Arc::new(HeadObservation { head, requested_at, received_at: Instant::now() });
        let before = self.word.rcu(|known| match known {
            Some(known) if !new.replaces(known) => Some(Arc::clone(known)),
            _ => Some(Arc::clone(&new)),
        });
        if let Some(before) = before
            && new.progress_since(&before) == HeadProgress::Regressed
        {
            report_regression(before.head.seq, head.seq);
        }
    }
}

/// The database has lost commits, and whoever runs it must know. Answers read before are not served any more:
/// none of them was read at the head of now.
fn report_regression(from: i64, to: i64) {
    metrics::counter!("hermes_head_regressions_total").increment(1);
    log::error!(
        from, to;
        "the ledger head went back from {from} to {to}: the database lost commits (a failover or a restored \
         backup); cached lists are dropped"
    );
}
