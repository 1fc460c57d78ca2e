//! One database, one stream, and any number of relays.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use hermes_domain::ledger::EventPosition;
use hermes_domain::ports::{Clock, EventPublisher};
use hermes_events::{RedisEndpoint, RedisPublisher};
use hermes_service::outbox::{CommitNotifier, Relay, RelayConfig, RelayDeps, RelayHandle};
use hermes_test_support::{MemoryPublisher, RedisServer};
use tokio::time::{Instant, sleep, timeout};
use uuid::Uuid;

use crate::outbox::{FakeOutbox, START};
use crate::stream::Way;

/// How long what must happen may take on a busy machine.
const STUCK_AFTER: Duration = Duration::from_secs(30);
/// Short, so that a relay soon notices what became of it.
const LEASE: Duration = Duration::from_millis(300);
/// How many events an empty stream is given.
pub const LENGTH_MAX: i64 = 1_000;

pub struct World {
    pub outbox: Arc<FakeOutbox>,
    pub stream: Arc<dyn EventPublisher>,
    pub signal: CommitNotifier,
    memory: Option<MemoryPublisher>,
    redis: Option<RedisServer>,
}

/// A relay with its way to the stream.
pub struct TestRelay {
    pub way: Arc<Way>,
    pub holder: Uuid,
    handle: RelayHandle,
}

struct AnHourLater;

impl Clock for AnHourLater {
    fn now(&self) -> DateTime<Utc> {
        START + chrono::TimeDelta::hours(1)
    }
}

impl World {
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
        Self { outbox: Arc::default(), stream, signal: CommitNotifier::default(), memory, redis }
    }

    pub fn server(&mut self) -> &mut RedisServer {
        self.redis.as_mut().unwrap()
    }

    /// Loses the whole stream.
    pub fn empty_the_stream(&self) {
        if let Some(memory) = &self.memory {
            memory.clear();
        }
        if let Some(redis) = &self.redis {
            redis.cli(&["FLUSHALL"]);
        }
    }

    /// Commits so many events and says so.
    pub fn commit(&self, count: i64) {
        self.signal.notify(self.outbox.commit(count));
    }

    /// A relay whose way is prepared before it takes its first step.
    pub fn relay_with(&self, prepare: impl FnOnce(&Way)) -> TestRelay {
        let way = Arc::new(Way::to(Arc::clone(&self.stream)));
        prepare(&way);
        let holder = Uuid::new_v4();
        let parts = RelayDeps {
            outbox: self.outbox.clone(),
            stream: way.clone(),
            lease: self.outbox.clone(),
            commits: self.signal.clone(),
            clock: Arc::new(AnHourLater),
        };
        let settings = RelayConfig { holder, lease_term: LEASE, stream_length_max: LENGTH_MAX };
        TestRelay { way, holder, handle: Relay::start(parts, settings) }
    }

    pub fn relay(&self) -> TestRelay {
        self.relay_with(|_| {})
    }

    pub async fn marks(&self) -> Vec<EventPosition> {
        let mut marks = self.stream.recent(10_000).await.unwrap_or_default();
        marks.reverse();
        marks
    }

    pub async fn seqs(&self) -> Vec<i64> {
        self.marks().await.into_iter().map(|mark| mark.seq).collect()
    }

    /// Waits until the stream has exactly the events of the outbox.
    pub async fn all_is_published(&self) {
        until(async || self.marks().await == self.outbox.marks(), "the stream to be the outbox").await;
    }
}

impl TestRelay {
    pub async fn stop(self) {
        within(self.handle.stop()).await;
    }

    pub async fn leads(&self, world: &World) {
        until(async || world.outbox.holder() == Some(self.holder), "the relay to have the lease").await;
    }
}

/// Asks until the answer is yes.
pub async fn until(mut ask: impl AsyncFnMut() -> bool, what: &str) {
    let deadline = Instant::now() + STUCK_AFTER;
    while !ask().await {
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        sleep(Duration::from_millis(2)).await;
    }
}

pub async fn within<T>(future: impl Future<Output = T>) -> T {
    timeout(STUCK_AFTER, future).await.expect("this waits for something that never happens")
}
