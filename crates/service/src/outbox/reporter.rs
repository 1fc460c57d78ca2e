//! Logs and metrics of the relay. Logs an outage of the stream, or a condition that needs an operator, only once.

use std::time::Duration;

use hermes_domain::outage::{OutageChange, OutageTracker};
use hermes_domain::ports::{PublishError, Published, StoreError};
use tokio::time::Instant;

/// Reports the state of one relay.
pub(super) struct RelayReporter {
    stream: OutageTracker,
    /// The last logged condition that blocks publishing until an operator acts.
    blocked_by: Option<String>,
}

impl RelayReporter {
    pub fn new() -> Self {
        record_holds_lease(false);
        // The relay has its own retry delay.
        Self { stream: OutageTracker::new(Duration::ZERO), blocked_by: None }
    }

    /// Reports a failed request to the stream.
    pub fn stream_failed(&self, error: &PublishError) {
        metrics::counter!("hermes_events_retries_total").increment(1);
        let OutageChange::Began { log } = self.stream.record_failure(Instant::now().into_std()) else {
            return;
        };
        metrics::gauge!("hermes_events_stream_up").set(0.0);
        if log {
            log::warn!(
                "events are not published ({error}); they are stored in the outbox and will be published in order \
                 once the stream is up again"
            );
        }
    }

    /// Reports a successful request to the stream.
    pub fn stream_succeeded(&self) {
        let change = self.stream.record_success(Instant::now().into_std());
        let OutageChange::Ended { lasted, log } = change else { return };
        metrics::gauge!("hermes_events_stream_up").set(1.0);
        if log {
            log::info!("events are published again after {} ms", lasted.as_millis());
        }
    }

    /// Reports a failure to acquire or renew the lease. Only a missing lease row needs an operator.
    pub fn lease_failed(&mut self, error: &StoreError) {
        match error {
            StoreError::Corrupt(_) => self.blocked(format!("{error}; the migrations create it")),
            _ => log::debug!("the relay lease could not be acquired: {error}"),
        }
    }

    /// Reports that the outbox lacks the last event of the stream but has events before and after it.
    pub fn gap_at(&mut self, seq: i64) {
        self.blocked(format!(
            "the stream ends with event {seq}, which is missing from the outbox, although later events exist"
        ));
    }

    /// Reports that nothing blocks publishing.
    pub fn unblocked(&mut self) {
        if self.blocked_by.take().is_some() {
            log::info!("events can be published again");
        }
    }

    fn blocked(&mut self, condition: String) {
        if self.blocked_by.as_ref() != Some(&condition) {
            log::error!("no events are published until this is repaired: {condition}");
            self.blocked_by = Some(condition);
        }
    }
}

/// Records whether this instance publishes. Other instances do not know the lag.
pub(super) fn record_holds_lease(holds: bool) {
    metrics::gauge!("hermes_events_relay_holder").set(u8::from(holds));
    if !holds {
        record_lag(0, 0);
    }
}

/// Records the number of unpublished events and the age of the oldest in milliseconds.
pub(super) fn record_lag(events: i64, oldest_ms: i64) {
    metrics::gauge!("hermes_events_lag_events").set(saturating_u32(events));
    metrics::gauge!("hermes_events_lag_seconds").set(Duration::from_millis(oldest_ms.max(0).unsigned_abs()));
}

/// Records events that were appended to the stream.
pub(super) fn record_published(published: Published) {
    let appended = u64::try_from(published.appended).unwrap_or(u64::MAX);
    metrics::counter!("hermes_events_published_total").increment(appended);
    if let Some(end) = published.last_position {
        metrics::gauge!("hermes_events_published_seq").set(saturating_u32(end.seq));
    }
}

fn saturating_u32(number: i64) -> u32 {
    u32::try_from(number.max(0)).unwrap_or(u32::MAX)
}
