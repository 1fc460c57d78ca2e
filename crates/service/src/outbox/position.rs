//! The position of the relay: derived from the stream and the outbox alone.

use hermes_domain::ledger::{EventPosition, OutboxEvent};
use hermes_domain::ports::{EventPublisher, EventsAfter, Outbox, PublishError, StoreError};

/// The number of recent stream entries that are searched for an event that the outbox has too.
const RECENT_MAX: usize = 1_000;

/// Where the relay continues. The two positions are the same unless the stream or the database lost events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RelayPosition {
    /// The end of the stream. The next event is appended after it.
    pub stream_end: Option<EventPosition>,
    /// The last event of the outbox that the stream has, or `None` if the stream has none.
    pub published: Option<EventPosition>,
}

/// The reason a publishing attempt failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum RelayError {
    #[error(transparent)]
    Stream(#[from] PublishError),
    #[error(transparent)]
    Outbox(#[from] StoreError),
}

/// Reads the end of the stream and locates it in the outbox.
pub(super) async fn locate(
    stream: &dyn EventPublisher,
    outbox: &dyn Outbox,
) -> Result<RelayPosition, RelayError> {
    let Some(end) = stream.last_position().await? else {
        return Ok(RelayPosition { stream_end: None, published: None });
    };
    let at_end = RelayPosition { stream_end: Some(end), published: Some(end) };
    if let Some(stored) = outbox.find_events(&[end.seq]).await?.first() {
        return if *stored == end { Ok(at_end) } else { find_last_common_event(stream, outbox, end).await };
    }
    match outbox.events_after(Some(end.seq), 1).await? {
        // The row of this event is deleted, but the stored events still follow it.
        EventsAfter::Events(_) => Ok(at_end),
        EventsAfter::OutOfRange { oldest, .. } if oldest > end.seq => Ok(at_end),
        EventsAfter::OutOfRange { .. } => find_last_common_event(stream, outbox, end).await,
    }
}

/// Finds the last event that both the stream and the outbox have.
///
/// The stream has events that the outbox lacks: the database lost commits, or is a different one.
async fn find_last_common_event(
    stream: &dyn EventPublisher,
    outbox: &dyn Outbox,
    end: EventPosition,
) -> Result<RelayPosition, RelayError> {
    let recent = stream.recent(RECENT_MAX).await?;
    let seqs: Vec<i64> = recent.iter().map(|event| event.seq).collect();
    let stored = outbox.find_events(&seqs).await?;
    let published = recent.into_iter().find(|event| stored.contains(event));
    let common = published.map_or(0, |event| event.seq);
    metrics::counter!("hermes_events_divergences_total").increment(1);
    metrics::counter!("hermes_invariant_violations_total", "invariant" => "event_order").increment(1);
    log::error!(
        stream = end.seq, common;
        "the event stream ends with event {}, which the database does not have: the database lost commits or is a \
         different one. The database's events after event {common} are published next",
        end.seq
    );
    Ok(RelayPosition { stream_end: Some(end), published })
}

/// Reads at most `limit` events after `position`, or `None` if the outbox no longer has that position.
pub(super) async fn next_events(
    outbox: &dyn Outbox,
    position: RelayPosition,
    limit: u64,
    stream_length_max: i64,
) -> Result<Option<Vec<OutboxEvent>>, StoreError> {
    let Some(published) = position.published else {
        return first_events(outbox, limit, stream_length_max).await.map(Some);
    };
    // Reads the published event again: if it is unchanged, the events after it follow it.
    match outbox.events_after(Some(published.seq - 1), limit + 1).await? {
        EventsAfter::Events(mut events) => {
            if events.first().map(OutboxEvent::position) != Some(published) {
                return Ok(None);
            }
            events.remove(0);
            Ok(Some(events))
        }
        EventsAfter::OutOfRange { oldest, .. } if oldest > published.seq => {
            let events = oldest_events(outbox, limit).await?;
            report_gap(published, &events);
            Ok(Some(events))
        }
        EventsAfter::OutOfRange { .. } => Ok(None),
    }
}

/// Reads the first events for an empty stream, which has space for `stream_length_max` events.
async fn first_events(
    outbox: &dyn Outbox,
    limit: u64,
    stream_length_max: i64,
) -> Result<Vec<OutboxEvent>, StoreError> {
    let after = outbox.newest_event().await? - stream_length_max;
    if after > 0
        && let EventsAfter::Events(events) = outbox.events_after(Some(after), limit).await?
    {
        return Ok(events);
    }
    oldest_events(outbox, limit).await
}

async fn oldest_events(outbox: &dyn Outbox, limit: u64) -> Result<Vec<OutboxEvent>, StoreError> {
    Ok(match outbox.events_after(None, limit).await? {
        EventsAfter::Events(events) => events,
        EventsAfter::OutOfRange { .. } => Vec::new(),
    })
}

fn report_gap(published: EventPosition, events: &[OutboxEvent]) {
    let Some(first) = events.first().filter(|first| first.seq > published.seq + 1) else { return };
    let missing = first.seq - published.seq - 1;
    metrics::counter!("hermes_events_missed_total").increment(missing.unsigned_abs());
    log::error!(
        missing, after = published.seq;
        "{missing} events after event {} were deleted before they could be published: consumers of the stream must \
         reload the bookings",
        published.seq
    );
}
