//! A stream with a publisher, and consumers that can be stopped and killed.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use chrono::DateTime;
use hermes_domain::ledger::{BatchToken, EventId, OutboxEvent};
use hermes_domain::ports::EventPublisher;
use hermes_events::{
    Consumer, ConsumerSettings, MemoryProcessedEvents, ProcessedEvents, RedisPublisher, StreamSettings,
};
use hermes_test_support::RedisServer;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};
use uuid::Uuid;

use crate::effects::Effects;

pub const STREAM: &str = "{hermes:events}";
pub const DEAD: &str = "{hermes:events}:dead:tests";
/// How long what must happen may take on a busy machine.
const STUCK_AFTER: Duration = Duration::from_secs(30);

pub struct Scene {
    pub server: RedisServer,
    pub publisher: RedisPublisher,
    pub effects: Effects,
    pub seen: Arc<dyn ProcessedEvents>,
}

/// A consumer that runs.
pub struct Running {
    pub consumer: Arc<Consumer>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Scene {
    pub async fn new() -> Option<Self> {
        let server = hermes_test_support::redis().await?;
        let publisher = RedisPublisher::connect(&stream(&server)).unwrap();
        Some(Self {
            server,
            publisher,
            effects: Effects::default(),
            seen: Arc::new(MemoryProcessedEvents::new(10_000)),
        })
    }

    /// Publishes events behind those there are.
    pub async fn publish(&self, numbers: RangeInclusive<i64>) {
        let after = self.publisher.last_position().await.unwrap();
        self.publisher.publish(after, &events(numbers)).await.unwrap();
    }

    pub fn settings(&self, name: &str) -> ConsumerSettings {
        ConsumerSettings {
            claim_after: Duration::from_secs(60),
            retry_pause: Duration::from_millis(10),
            ..ConsumerSettings::new(stream(&self.server), "tests", name)
        }
    }

    pub fn start(&self, name: &str) -> Running {
        self.start_with(self.settings(name))
    }

    pub fn start_with(&self, settings: ConsumerSettings) -> Running {
        let consumer = Consumer::new(settings, self.effects.clone(), Arc::clone(&self.seen)).unwrap();
        let consumer = Arc::new(consumer);
        let (stop, stopped) = oneshot::channel();
        let running = Arc::clone(&consumer);
        let task = tokio::spawn(async move {
            running
                .run(async {
                    let _gone = stopped.await;
                })
                .await;
        });
        Running { consumer, stop, task }
    }

    pub async fn done_is(&self, expected: impl IntoIterator<Item = i64>) {
        let expected: Vec<i64> = expected.into_iter().collect();
        let done = || self.effects.done();
        until(async || done().len() >= expected.len(), &format!("{expected:?}, there are {:?}", done()))
            .await;
        assert_eq!(done(), expected);
    }

    /// Waits until nothing is delivered and not handled.
    pub async fn nothing_is_pending(&self) {
        let pending = || self.server.cli(&["XPENDING", STREAM, "tests"]);
        until(async || pending().starts_with("0\n"), "nothing pending").await;
    }
}

impl Running {
    /// Stops it as a service does that ends.
    pub async fn stop(self) {
        self.stop.send(()).unwrap();
        timeout(STUCK_AFTER, self.task).await.unwrap().unwrap();
    }

    /// Kills it wherever it is.
    pub async fn kill(self) {
        self.task.abort();
        assert!(self.task.await.unwrap_err().is_cancelled());
    }
}

pub fn stream(server: &RedisServer) -> StreamSettings {
    StreamSettings {
        connect_timeout: Duration::from_secs(5),
        command_timeout: Duration::from_secs(5),
        ..StreamSettings::new(server.url().into())
    }
}

pub fn events(numbers: RangeInclusive<i64>) -> Vec<OutboxEvent> {
    let event = |seq| OutboxEvent {
        id: EventId::new(BatchToken(Uuid::from_u128(1)), seq),
        seq,
        event_type: "payment.booked".to_owned(),
        occurred_at: DateTime::from_timestamp_micros(1_795_348_800_123_456).unwrap(),
        reference: format!("REF{seq:03}"),
        data: r#"{"amount":"1.00"}"#.to_owned(),
    };
    numbers.map(event).collect()
}

/// Asks until the answer is yes.
pub async fn until(mut ask: impl AsyncFnMut() -> bool, what: &str) {
    let deadline = Instant::now() + STUCK_AFTER;
    while !ask().await {
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        sleep(Duration::from_millis(2)).await;
    }
}
