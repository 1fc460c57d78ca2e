//! A record of processed events that is unavailable for longer than an event has deliveries.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use hermes_domain::ledger::EventId;
use hermes_events::{MemoryProcessedEvents, ProcessedEvents, ProcessedEventsError};

use crate::harness::{DEAD_LETTERS, Harness, STREAM, position, until};

/// More failures than an event has deliveries.
const MANY: usize = 8;
/// More failures than occur before the consumer is stopped.
const ENDLESS: usize = 1_000_000;

/// The operation that fails.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Operation {
    IsProcessed,
    Record,
}

/// Fails one operation on one event a number of times.
struct FlakyProcessedEvents {
    inner: MemoryProcessedEvents,
    operation: Operation,
    event: EventId,
    failures_left: AtomicUsize,
}

impl FlakyProcessedEvents {
    fn failures_left(&self) -> usize {
        self.failures_left.load(Ordering::SeqCst)
    }

    fn fail(&self, operation: Operation, id: EventId) -> Result<(), ProcessedEventsError> {
        if (operation, id) != (self.operation, self.event) || self.failures_left() == 0 {
            return Ok(());
        }
        self.failures_left.fetch_sub(1, Ordering::SeqCst);
        Err(ProcessedEventsError("injected failure".to_owned()))
    }
}

#[async_trait]
impl ProcessedEvents for FlakyProcessedEvents {
    async fn is_processed(&self, id: EventId) -> Result<bool, ProcessedEventsError> {
        self.fail(Operation::IsProcessed, id)?;
        self.inner.is_processed(id).await
    }

    async fn record(&self, id: EventId) -> Result<(), ProcessedEventsError> {
        self.fail(Operation::Record, id)?;
        self.inner.record(id).await
    }
}

async fn harness_failing(
    operation: Operation,
    seq: i64,
    failures: usize,
) -> Option<(Harness, Arc<FlakyProcessedEvents>)> {
    let flaky = Arc::new(FlakyProcessedEvents {
        inner: MemoryProcessedEvents::new(1_000),
        operation,
        event: position(seq).unwrap().id,
        failures_left: AtomicUsize::new(failures),
    });
    let harness = Harness { processed: flaky.clone(), ..Harness::new().await? };
    Some((harness, flaky))
}

#[tokio::test]
async fn an_event_is_handled_once_when_the_record_is_unavailable_for_a_while() {
    for operation in [Operation::IsProcessed, Operation::Record] {
        let Some((harness, flaky)) = harness_failing(operation, 2, MANY).await else { return };
        harness.publish(1..=3).await;
        let consumer = harness.start("a");
        harness.handler.has_handled(1..=3).await;
        harness.nothing_is_pending().await;
        assert_eq!(harness.handler.begun(), [(1, 1), (2, 1), (3, 1)]);
        assert_eq!(harness.server.cli(&["EXISTS", DEAD_LETTERS]), "0");
        assert_eq!(flaky.failures_left(), 0);
        consumer.stop().await;
    }
}

#[tokio::test]
async fn a_waiting_consumer_can_be_stopped_without_counting_a_delivery() {
    let Some((harness, flaky)) = harness_failing(Operation::IsProcessed, 1, ENDLESS).await else { return };
    harness.publish(1..=1).await;
    for _start in 0..7 {
        let before = flaky.failures_left();
        let consumer = harness.start("a");
        until(async || flaky.failures_left() < before, "a failure").await;
        consumer.stop().await;
    }
    let pending = harness.server.cli(&["XPENDING", STREAM, "tests", "-", "+", "10"]);
    assert_eq!(pending.lines().last(), Some("1"), "{pending}");
    assert_eq!(harness.handler.begun(), []);
}

#[tokio::test]
async fn a_handled_event_is_acknowledged_even_if_the_consumer_stops_before_recording_it() {
    let Some((harness, flaky)) = harness_failing(Operation::Record, 1, ENDLESS).await else { return };
    harness.publish(1..=1).await;
    let consumer = harness.start("a");
    until(async || flaky.failures_left() < ENDLESS, "a failure").await;
    consumer.stop().await;
    harness.nothing_is_pending().await;
    assert_eq!(harness.handler.handled(), [1]);
}
