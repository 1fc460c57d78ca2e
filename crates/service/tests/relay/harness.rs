//! One outbox, one stream and any number of relays.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use hermes_domain::ledger::EventPosition;
use hermes_domain::ports::EventPublisher;
use hermes_events::{RedisEndpoint, RedisPublisher};
use hermes_service::outbox::{CommitNotifier, Relay, RelayConfig, RelayDeps, RelayHandle};
use hermes_test_support::{FixedClock, MemoryPublisher, NOON, RedisServer};
use tokio::time::{Instant, sleep, timeout};
use uuid::Uuid;

use crate::faulty_stream::FaultyStream;
use crate::outbox::FakeOutbox;

/// The time limit of every wait, for a busy machine.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Short, so that a relay soon loses an expired lease.
const LEASE: Duration = Duration::from_millis(300);
/// The maximum number of events that an empty stream receives.
pub const MAX_STREAM_LENGTH: i64 = 1_000;

pub struct Harness {
    pub outbox: Arc<FakeOutbox>,
    pub stream: Arc<dyn EventPublisher>,
    pub signal: CommitNotifier,
    /// The term of the lease of new relays.
    pub lease_term: Duration,
    memory: Option<MemoryPublisher>,
    redis: Option<RedisServer>,
}

/// A relay and its connection to the stream.
pub struct TestRelay {
    pub stream: Arc<FaultyStream>,
    pub holder: Uuid,
    handle: RelayHandle,
}

impl Harness {
    pub fn in_memory() -> Self {
        let memory = MemoryPublisher::default();
        Self::with(Arc::new(memory.clone()), Some(memory), None)
    }

    pub async fn on_redis() -> Option<Self> {
        let redis = hermes_test_support::redis().await?;
        let endpoint = RedisEndpoint {
            command_timeout: Duration::from_secs(5),
            connect_timeout: Duration::from_secs(5),
            ..RedisEndpoint::new(redis.url())
        };
        let stream = RedisPublisher::connect(&endpoint, 1_000_000).unwrap();
        Some(Self::with(Arc::new(stream), None, Some(redis)))
    }

    fn with(
        stream: Arc<dyn EventPublisher>,
        memory: Option<MemoryPublisher>,
        redis: Option<RedisServer>,
    ) -> Self {
        Self {
            outbox: Arc::default(),
            stream,
            signal: CommitNotifier::default(),
            lease_term: LEASE,
            memory,
            redis,
        }
    }

    pub fn server(&mut self) -> &mut RedisServer {
        self.redis.as_mut().unwrap()
    }

    /// Deletes every event of the stream.
    pub fn clear_stream(&self) {
        if let Some(memory) = &self.memory {
            memory.clear();
        }
        if let Some(redis) = &self.redis {
            redis.cli(&["FLUSHALL"]);
        }
    }

    /// Commits events and notifies the relays.
    pub fn commit(&self, count: i64) {
        self.signal.notify(self.outbox.commit(count));
    }

    /// Starts a relay after `prepare` has set up its connection.
    pub fn relay_with(&self, prepare: impl FnOnce(&FaultyStream)) -> TestRelay {
        let stream = Arc::new(FaultyStream::new(Arc::clone(&self.stream)));
        prepare(&stream);
        let holder = Uuid::new_v4();
        let parts = RelayDeps {
            outbox: self.outbox.clone(),
            stream: stream.clone(),
            lease: self.outbox.clone(),
            commits: self.signal.clone(),
            clock: Arc::new(FixedClock(NOON + TimeDelta::hours(1))),
        };
        let settings =
            RelayConfig { holder, lease_term: self.lease_term, stream_length_max: MAX_STREAM_LENGTH };
        TestRelay { stream, holder, handle: Relay::start(parts, settings) }
    }

    pub fn relay(&self) -> TestRelay {
        self.relay_with(|_| {})
    }

    pub async fn positions(&self) -> Vec<EventPosition> {
        let mut positions = self.stream.recent(10_000).await.unwrap_or_default();
        positions.reverse();
        positions
    }

    pub async fn seqs(&self) -> Vec<i64> {
        self.positions().await.into_iter().map(|position| position.seq).collect()
    }

    /// Waits until the stream has exactly the events of the outbox.
    pub async fn wait_until_published(&self) {
        until(async || self.positions().await == self.outbox.positions(), "the stream to equal the outbox")
            .await;
    }
}

impl TestRelay {
    pub async fn stop(self) {
        within(self.handle.stop()).await;
    }

    pub async fn leads(&self, harness: &Harness) {
        until(async || harness.outbox.holder() == Some(self.holder), "the relay to have the lease").await;
    }
}

/// Waits until a condition holds.
pub async fn until(mut condition: impl AsyncFnMut() -> bool, what: &str) {
    let deadline = Instant::now() + TIMEOUT;
    while !condition().await {
        assert!(Instant::now() < deadline, "timed out waiting for {what}");
        sleep(Duration::from_millis(2)).await;
    }
}

pub async fn within<T>(future: impl Future<Output = T>) -> T {
    timeout(TIMEOUT, future).await.expect("the future completes")
}
