//! Figures of the relay.

use hermes_domain::ports::Published;

/// A count as metrics take it.
pub(super) fn count(number: i64) -> f64 {
    f64::from(u32::try_from(number.max(0)).unwrap_or(u32::MAX))
}

/// Whether this process is the one that publishes.
pub(super) fn holds_lease(holds: bool) {
    metrics::gauge!("hermes_events_relay_holder").set(f64::from(u8::from(holds)));
    if !holds {
        lag(0, 0);
    }
}

/// How many events are committed and not published, and for how many milliseconds the oldest of them.
pub(super) fn lag(events: i64, millis: i64) {
    metrics::gauge!("hermes_events_lag_events").set(count(events));
    metrics::gauge!("hermes_events_lag_seconds")
        .set(std::time::Duration::from_millis(millis.max(0).unsigned_abs()));
}

/// Events that were appended to the stream.
pub(super) fn published(published: Published) {
    let appended = u64::try_from(published.appended).unwrap_or(u64::MAX);
    metrics::counter!("hermes_events_published_total").increment(appended);
    if let Some(mark) = published.last_position {
        metrics::gauge!("hermes_events_published_seq").set(count(mark.seq));
    }
}
