//! The cached head: the ledger head as last read from the database.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use hermes_domain::ledger::HeadId;
use tokio::time::Instant;

use super::rules::{Freshness, HeadObservation, HeadProgress, freshness_of};

/// The cached head is requested again after 1/3 of the staleness bound, before it expires, so that no read waits.
const REFRESH_AGE_DIVISOR: u32 = 3;

/// The number of changes of API keys, with the time at which it was requested from the database.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AccessObservation {
    /// `ledger_head.access_seq`.
    pub access_seq: i64,
    /// The database read the number at some moment after this.
    pub requested_at: Instant,
}

/// The latest head observation. Each read loads it, so it is behind an atomic pointer instead of a lock.
pub(super) struct CachedHead {
    staleness_bound: Duration,
    latest: ArcSwapOption<HeadObservation<Instant>>,
    access: ArcSwapOption<AccessObservation>,
    /// How often the head went back.
    regressions: AtomicU64,
    /// The time of the last failed request, if no request has succeeded since.
    failed_at: ArcSwapOption<Instant>,
}

impl CachedHead {
    pub fn new(staleness_bound: Duration) -> Self {
        Self {
            staleness_bound,
            latest: ArcSwapOption::empty(),
            access: ArcSwapOption::empty(),
            regressions: AtomicU64::new(0),
            failed_at: ArcSwapOption::empty(),
        }
    }

    /// Compares the head of an entry with the cached head.
    pub fn freshness_of(&self, head: HeadId) -> Freshness {
        let latest = self.latest.load();
        freshness_of(head, latest.as_deref(), Instant::now(), self.staleness_bound)
    }

    /// Returns whether to request the ledger head again.
    pub fn needs_refresh(&self) -> bool {
        self.age().is_none_or(|age| age >= self.staleness_bound / REFRESH_AGE_DIVISOR)
    }

    /// Returns the time since the latest head was requested, or `None` before the first observation.
    pub fn age(&self) -> Option<Duration> {
        self.latest.load().as_ref().map(|latest| latest.requested_at.elapsed())
    }

    /// Records that a request for the ledger head failed.
    pub fn record_failure(&self) {
        self.failed_at.store(Some(Arc::new(Instant::now())));
    }

    /// Returns whether a request failed less than the staleness bound ago. Another read would wait in vain.
    pub fn is_backing_off(&self) -> bool {
        self.failed_at.load().as_ref().is_some_and(|failed_at| failed_at.elapsed() < self.staleness_bound)
    }

    /// Returns the latest observed number of changes of API keys. The observation may have expired.
    pub fn access(&self) -> Option<AccessObservation> {
        self.access.load().as_deref().copied()
    }

    /// Returns how often the head went back, because the database lost commits.
    pub fn regressions(&self) -> u64 {
        self.regressions.load(Ordering::SeqCst)
    }

    /// Records the number of changes of API keys. The observation with the later request wins.
    pub fn record_access(&self, observed: AccessObservation) {
        self.access.rcu(|latest| match latest {
            Some(latest) if latest.requested_at > observed.requested_at => Some(Arc::clone(latest)),
            _ => Some(Arc::new(observed)),
        });
    }

    /// Records a ledger head that was requested at `requested_at` and has just been received.
    pub fn record(&self, requested_at: Instant, head: HeadId) {
        self.failed_at.store(None);
        let new = Arc::new(HeadObservation { head, requested_at, received_at: Instant::now() });
        let previous = self.latest.rcu(|latest| match latest {
            Some(latest) if !new.replaces(latest) => Some(Arc::clone(latest)),
            _ => Some(Arc::clone(&new)),
        });
        if let Some(previous) = previous
            && new.progress_since(&previous) == HeadProgress::Regressed
        {
            self.regressions.fetch_add(1, Ordering::SeqCst);
            report_regression(previous.head.seq, head.seq);
        }
    }
}

/// Reports that the database lost commits. Cached entries need no cleanup: their heads differ from the new head.
fn report_regression(from: i64, to: i64) {
    metrics::counter!("hermes_head_regressions_total").increment(1);
    metrics::counter!("hermes_invariant_violations_total", "invariant" => "ledger_head").increment(1);
    log::error!(
        from, to;
        "the ledger head went back from {from} to {to}: the database lost commits (a failover or a restored \
         backup); compare the payments with your backups"
    );
}
