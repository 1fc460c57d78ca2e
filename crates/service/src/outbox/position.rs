//! Where the relay goes on: found out from the stream and the outbox alone.

use hermes_domain::ledger::{EventPosition, OutboxEvent};
use hermes_domain::ports::{EventPublisher, EventsAfter, Outbox, PublishError, StoreError};

/// The most places of the stream that are looked at for one that the outbox has too.
const RECENT_MAX: usize = 1_000;

/// Where the next event goes, and where it comes from. Both are the same place as long as nothing was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RelayPosition {
    /// The end of the stream, which the next event is to follow.
    pub stream_end: Option<EventPosition>,
    /// The last event of the outbox that the stream has; `None` is none of those it still has room for.
    pub told: Option<EventPosition>,
}

/// What stopped a round.
#[derive(Debug, thiserror::Error)]
pub(super) enum RelayError {
    #[error(transparent)]
    Stream(#[from] PublishError),
    #[error(transparent)]
    Outbox(#[from] StoreError),
}

/// What there is to publish.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// These, behind the place; none when everything is published.
    Events(Vec<OutboxEvent>),
    /// The place is none of the outbox any more.
    Lost,
}

/// Asks the stream where it ends, and finds that place in the outbox.
pub(super) async fn find(
    stream: &dyn EventPublisher,
    outbox: &dyn Outbox,
) -> Result<RelayPosition, RelayError> {
    let Some(mark) = stream.last_position().await? else {
        return Ok(RelayPosition { stream_end: None, told: None });
    };
    let here = RelayPosition { stream_end: Some(mark), told: Some(mark) };
    if let Some(kept) = outbox.find_events(&[mark.seq]).await?.first() {
        return if *kept == mark { Ok(here) } else { find_last_common_event(stream, outbox, mark).await };
    }
    match outbox.events_after(Some(mark.seq), 1).await? {
        // The row of the mark is forgotten; what follows it, as far as it is kept, still follows.
        EventsAfter::Events(_) => Ok(here),
        EventsAfter::OutOfRange { oldest, .. } if oldest > mark.seq => Ok(here),
        EventsAfter::OutOfRange { .. } => find_last_common_event(stream, outbox, mark).await,
    }
}

/// The stream has events that the outbox does not know: the database lost commits, or is another one. What it
/// has in common with the stream is the last place that both know.
async fn find_last_common_event(
    stream: &dyn EventPublisher,
    outbox: &dyn Outbox,
    mark: EventPosition,
) -> Result<RelayPosition, RelayError> {
    let recent = stream.recent(RECENT_MAX).await?;
    let seqs: Vec<i64> = recent.iter().map(|mark| mark.seq).collect();
    let known = outbox.find_events(&seqs).await?;
    let told = recent.into_iter().find(|mark| known.contains(mark));
    let from = told.map_or(0, |mark| mark.seq);
    metrics::counter!("hermes_events_divergences_total").increment(1);
    log::error!(
        stream = mark.seq, common = from;
        "the event stream ends with event {} that the database does not have: the database lost commits or is \
         another one. What it has after event {from} is published behind it",
        mark.seq
    );
    Ok(RelayPosition { stream_end: Some(mark), told })
}

/// Reads what comes after a place.
pub(super) async fn next(
    outbox: &dyn Outbox,
    place: RelayPosition,
    limit: u64,
    stream_length_max: i64,
) -> Result<Next, StoreError> {
    let Some(told) = place.told else {
        return from_the_start(outbox, limit, stream_length_max).await.map(Next::Events);
    };
    // The told one is read again: that it is still the same says that the others follow it.
    match outbox.events_after(Some(told.seq - 1), limit + 1).await? {
        EventsAfter::Events(mut events) => {
            if events.first().map(OutboxEvent::position) != Some(told) {
                return Ok(Next::Lost);
            }
            events.remove(0);
            Ok(Next::Events(events))
        }
        EventsAfter::OutOfRange { oldest, .. } if oldest > told.seq => {
            let events = from_the_oldest(outbox, limit).await?;
            report_gap(told, &events);
            Ok(Next::Events(events))
        }
        EventsAfter::OutOfRange { .. } => Ok(Next::Lost),
    }
}

/// What an empty stream has room for.
async fn from_the_start(
    outbox: &dyn Outbox,
    limit: u64,
    stream_length_max: i64,
) -> Result<Vec<OutboxEvent>, StoreError> {
    let before = outbox.newest_event().await? - stream_length_max;
    if before > 0
        && let EventsAfter::Events(events) = outbox.events_after(Some(before), limit).await?
    {
        return Ok(events);
    }
    from_the_oldest(outbox, limit).await
}

async fn from_the_oldest(outbox: &dyn Outbox, limit: u64) -> Result<Vec<OutboxEvent>, StoreError> {
    Ok(match outbox.events_after(None, limit).await? {
        EventsAfter::Events(events) => events,
        EventsAfter::OutOfRange { .. } => Vec::new(),
    })
}

fn report_gap(told: EventPosition, events: &[OutboxEvent]) {
    let Some(first) = events.first().filter(|first| first.seq > told.seq + 1) else { return };
    let missing = first.seq - told.seq - 1;
    metrics::counter!("hermes_events_missed_total").increment(missing.unsigned_abs());
    log::error!(
        missing, after = told.seq;
        "{missing} events after event {} were forgotten before they could be published: those who follow the \
         stream have to read the bookings anew",
        told.seq
    );
}
