//! A stream with a publisher, and consumers that can be stopped and killed.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use chrono::DateTime;
use hermes_domain::ledger::{BatchToken, EventId, EventPosition, OutboxEvent};
use hermes_domain::ports::EventPublisher;
use hermes_events::{
    Consumer, ConsumerSettings, MemoryProcessedEvents, ProcessedEvents, RedisEndpoint, RedisPublisher,
};
use hermes_test_support::RedisServer;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};
use uuid::Uuid;

use crate::recording_handler::RecordingHandler;

pub const STREAM: &str = "{hermes:events}";
pub const DEAD_LETTERS: &str = "{hermes:events}:dead:tests";
/// How long an expected change may take on a busy machine.
const STUCK_AFTER: Duration = Duration::from_secs(30);
/// A time to claim so short that a test need not wait for it.
pub const CLAIM_SOON: Duration = Duration::from_millis(150);
/// More events than any test publishes.
const LENGTH_MAX: usize = 10_000;

pub struct Harness {
    pub server: RedisServer,
    pub publisher: RedisPublisher,
    pub handler: RecordingHandler,
    pub processed: Arc<dyn ProcessedEvents>,
}

pub struct RunningConsumer {
    pub consumer: Arc<Consumer>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Harness {
    /// Starts a server. Returns `None` if no Redis is installed.
    pub async fn new() -> Option<Self> {
        let server = hermes_test_support::redis().await?;
        let publisher = publisher(&server);
        let processed = Arc::new(MemoryProcessedEvents::new(10_000));
        Some(Self { server, publisher, handler: RecordingHandler::default(), processed })
    }

    /// Appends events to the stream.
    pub async fn publish(&self, seqs: RangeInclusive<i64>) {
        let after = self.publisher.last_position().await.unwrap();
        self.publisher.publish(after, &events(seqs)).await.unwrap();
    }

    pub fn settings(&self, name: &str) -> ConsumerSettings {
        ConsumerSettings {
            claim_after: Duration::from_secs(60),
            retry_delay: Duration::from_millis(10),
            ..ConsumerSettings::new(endpoint(&self.server), "tests", name)
        }
    }

    pub fn settings_to_claim_soon(&self, name: &str) -> ConsumerSettings {
        ConsumerSettings { claim_after: CLAIM_SOON, ..self.settings(name) }
    }

    pub fn start(&self, name: &str) -> RunningConsumer {
        self.start_with(self.settings(name), &self.handler)
    }

    pub fn start_with(&self, settings: ConsumerSettings, handler: &RecordingHandler) -> RunningConsumer {
        let consumer = Consumer::new(settings, handler.clone(), Arc::clone(&self.processed)).unwrap();
        let consumer = Arc::new(consumer);
        let (stop, stopped) = oneshot::channel();
        let running = Arc::clone(&consumer);
        let task = tokio::spawn(async move {
            running.run(async { stopped.await.unwrap_or_default() }).await;
        });
        RunningConsumer { consumer, stop, task }
    }

    /// Starts a consumer and kills it while its handler hangs on this event.
    pub async fn kill_a_consumer_at(&self, seq: i64, settings: ConsumerSettings) {
        let handler = RecordingHandler::default();
        handler.hang_at(seq);
        let consumer = self.start_with(settings, &handler);
        until(async || handler.begun().iter().any(|(begun, _)| *begun == seq), "the event").await;
        consumer.kill().await;
    }

    pub async fn nothing_is_pending(&self) {
        let pending = || self.server.cli(&["XPENDING", STREAM, "tests"]);
        until(async || pending().starts_with("0\n"), "no pending events").await;
    }
}

impl RunningConsumer {
    /// Stops the consumer gracefully.
    pub async fn stop(self) {
        self.stop.send(()).unwrap();
        timeout(STUCK_AFTER, self.task).await.unwrap().unwrap();
    }

    /// Kills the consumer at any point. A handler in progress continues, in a task of its own.
    pub async fn kill(self) {
        self.task.abort();
        assert!(self.task.await.unwrap_err().is_cancelled());
    }
}

pub fn endpoint(server: &RedisServer) -> RedisEndpoint {
    let patience = Duration::from_secs(5);
    RedisEndpoint { connect_timeout: patience, command_timeout: patience, ..RedisEndpoint::new(server.url()) }
}

pub fn publisher(server: &RedisServer) -> RedisPublisher {
    RedisPublisher::connect(&endpoint(server), LENGTH_MAX).unwrap()
}

pub fn events(seqs: RangeInclusive<i64>) -> Vec<OutboxEvent> {
    events_of(1, seqs)
}

/// Events of one ledger. Another ledger has other events under the same numbers.
pub fn events_of(ledger: u128, seqs: RangeInclusive<i64>) -> Vec<OutboxEvent> {
    let event = |seq| OutboxEvent {
        id: EventId::new(BatchToken(Uuid::from_u128(ledger)), seq),
        seq,
        event_type: "payment.booked".to_owned(),
        occurred_at: DateTime::from_timestamp_micros(1_795_348_800_123_456).unwrap(),
        reference: format!("REF{seq:03}"),
        data: r#"{"note":"größe \n"}"#.to_owned(),
    };
    seqs.map(event).collect()
}

pub fn position(seq: i64) -> Option<EventPosition> {
    position_in(1, seq)
}

pub fn position_in(ledger: u128, seq: i64) -> Option<EventPosition> {
    Some(EventPosition { seq, id: EventId::new(BatchToken(Uuid::from_u128(ledger)), seq) })
}

/// The numbers of all events in a stream, oldest first.
pub async fn seqs(stream: &dyn EventPublisher) -> Vec<i64> {
    let recent = stream.recent(LENGTH_MAX).await.unwrap();
    recent.into_iter().rev().map(|position| position.seq).collect()
}

/// Polls until the condition holds.
pub async fn until(mut condition: impl AsyncFnMut() -> bool, what: &str) {
    let deadline = Instant::now() + STUCK_AFTER;
    while !condition().await {
        assert!(Instant::now() < deadline, "timed out waiting for {what}");
        sleep(Duration::from_millis(2)).await;
    }
}
