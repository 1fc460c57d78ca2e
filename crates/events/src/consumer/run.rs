//! The consumer: processes pending events, then waits for new ones.

use std::sync::Arc;
use std::time::Duration;

use hermes_domain::outage::{OutageChange, OutageTracker};
use hermes_redis::redis::aio::MultiplexedConnection;
use hermes_redis::{PoolError, RedisConfigError, RedisConnector, RedisEndpoint};
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use super::delivery::{DeliveryOutcome, DeliveryWorker, RETRY_INTERVAL, is_stopped_within};
use super::entry::Entry;
use super::group::{BLOCK_TIME, Group, Lag};
use super::{EventHandler, Missed, ProcessedEvents};
use crate::stream::{POOL_MAX, stream_error};

/// How much longer than [`BLOCK_TIME`] a blocking read may take before its connection is replaced.
const READ_TIMEOUT_GRACE: Duration = Duration::from_secs(5);
/// The number of heartbeats before another consumer would claim an event.
const HEARTBEATS_PER_CLAIM: u32 = 3;

/// Where a new group starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Start {
    /// At the oldest event in the stream.
    #[default]
    Oldest,
    /// At the first event published after the group is created.
    ///
    /// After Redis has lost its data, the new group starts at the oldest event nevertheless, so that it misses nothing.
    Newest,
}

/// Configures a [`Consumer`].
#[derive(Debug, Clone)]
pub struct ConsumerSettings {
    /// Where Redis is.
    pub endpoint: RedisEndpoint,
    /// The group. Each event is delivered to one consumer of the group; each service has its own group.
    pub group: String,
    /// The name of the consumer in its group. After a restart under the same name, it resumes its pending events.
    pub name: String,
    /// Where a new group starts.
    pub start: Start,
    /// How long another consumer of the group may send no heartbeat before its events are claimed.
    pub claim_after: Duration,
    /// The delay between two deliveries of an event whose handler failed.
    pub retry_delay: Duration,
}

impl ConsumerSettings {
    /// Creates settings that start at the oldest event, claim after 30 s and retry after 1 s.
    pub fn new(endpoint: RedisEndpoint, group: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            endpoint,
            group: group.into(),
            name: name.into(),
            start: Start::default(),
            claim_after: Duration::from_secs(30),
            retry_delay: Duration::from_secs(1),
        }
    }
}

/// Delivers the events of the stream to a handler.
pub struct Consumer {
    connector: RedisConnector,
    worker: DeliveryWorker,
    start: Start,
    claim_after: Duration,
}

/// Redis is unavailable or rejected a command. The message contains no argument of the command.
#[derive(Debug, Clone, thiserror::Error)]
#[error("event stream: {0}")]
pub struct ConsumeError(String);

/// Why a step failed.
#[derive(Debug, thiserror::Error)]
enum StepError {
    #[error("{}", stream_error(.0))]
    Redis(#[from] PoolError),
    #[error("the stream does not exist yet")]
    NoStream,
    #[error("no reply to a blocking read")]
    Timeout,
}

/// The state of a consumer between two errors.
struct Session {
    /// A connection for blocking reads only.
    blocking: MultiplexedConnection,
    next_claim_at: Instant,
    /// Whether this consumer may have events that were delivered and not handled.
    has_pending: bool,
}

impl Consumer {
    /// Creates a consumer. [`Self::run`] opens the connections, so Redis may be down.
    ///
    /// # Errors
    /// If the URL is invalid.
    pub fn new(
        settings: ConsumerSettings,
        handler: impl EventHandler,
        processed: Arc<dyn ProcessedEvents>,
    ) -> Result<Self, RedisConfigError> {
        let ConsumerSettings { endpoint, group, name, start, claim_after, retry_delay } = settings;
        let connector = RedisConnector::new(&endpoint)?;
        let pool = connector.pool(POOL_MAX, endpoint.command_timeout, None)?;
        let worker = DeliveryWorker {
            group: Group::new(pool, &group, &name, claim_after),
            handler: Arc::new(handler),
            processed,
            retry_delay,
            heartbeat_interval: claim_after / HEARTBEATS_PER_CLAIM,
            outage: OutageTracker::new(RETRY_INTERVAL),
        };
        Ok(Self { connector, worker, start, claim_after })
    }

    /// Follows the stream until `stop` is ready.
    ///
    /// The event being handled is then handled to its end. Events read but not begun stay pending for the next start.
    pub async fn run(&self, stop: impl Future<Output = ()>) {
        let (sender, stopped) = watch::channel(false);
        let stopping = async {
            stop.await;
            sender.send_replace(true);
        };
        tokio::join!(stopping, self.follow(stopped));
    }

    /// Returns how far the group is behind.
    ///
    /// # Errors
    /// If Redis is unavailable, or the stream does not exist.
    pub async fn lag(&self) -> Result<Lag, ConsumeError> {
        self.worker.group.lag().await.map_err(|error| ConsumeError(stream_error(&error).to_string()))
    }

    async fn follow(&self, mut stopped: watch::Receiver<bool>) {
        let group = self.worker.group.name();
        let outage = OutageTracker::new(RETRY_INTERVAL);
        let mut session = None;
        let mut from = match self.start {
            Start::Oldest => "0",
            Start::Newest => "$",
        };
        while !*stopped.borrow() {
            match self.step(&mut session, from, &mut stopped).await {
                Ok(()) => {
                    let change = outage.record_success(Instant::now().into_std());
                    if let OutageChange::Ended { lasted, log: true } = change {
                        log::info!(group; "group {group} receives events again after {} ms", lasted.as_millis());
                    }
                    from = "0";
                }
                Err(error) => {
                    session = None;
                    // Events published before the group can be created belong to it.
                    from = if matches!(error, StepError::NoStream) { "0" } else { from };
                    let change = outage.record_failure(Instant::now().into_std());
                    if change == (OutageChange::Began { log: true }) {
                        log::warn!(group; "group {group} receives no events and retries ({error})");
                    }
                    is_stopped_within(RETRY_INTERVAL, &mut stopped).await;
                }
            }
        }
    }

    async fn step(
        &self,
        session: &mut Option<Session>,
        from: &str,
        stopped: &mut watch::Receiver<bool>,
    ) -> Result<(), StepError> {
        let session = match session {
            Some(session) => session,
            None => session.insert(self.begin(from).await?),
        };
        if Instant::now() >= session.next_claim_at {
            session.next_claim_at = Instant::now() + self.claim_after / 2;
            let claimed = self.worker.group.claim_stale().await?;
            session.has_pending |= claimed.any;
            if !claimed.trimmed.is_empty() {
                self.worker.report_missed(Missed::Trimmed { entries: claimed.trimmed }).await;
            }
        }
        if session.has_pending {
            session.has_pending = self.process_pending(stopped).await?;
            return Ok(());
        }
        self.process_new(session, stopped).await
    }

    async fn begin(&self, from: &str) -> Result<Session, StepError> {
        let group = &self.worker.group;
        if !group.stream_exists().await? {
            return Err(StepError::NoStream);
        }
        group.create(from).await?;
        let blocking = self.connector.connect_blocking().await.map_err(PoolError::Backend)?;
        Ok(Session { blocking, next_claim_at: Instant::now(), has_pending: true })
    }

    /// Delivers the pending events of this consumer. Returns whether there may be more.
    async fn process_pending(&self, stopped: &mut watch::Receiver<bool>) -> Result<bool, StepError> {
        let group = &self.worker.group;
        let pending = group.own_pending().await?;
        let ids: Vec<String> = pending.iter().map(|pending| pending.entry_id.clone()).collect();
        for (index, pending) in pending.iter().enumerate() {
            if *stopped.borrow() {
                return Ok(true);
            }
            let Some(fields) = group.read(&pending.entry_id).await? else {
                group.acknowledge(&pending.entry_id).await?;
                self.worker.report_missed(Missed::Trimmed { entries: vec![pending.entry_id.clone()] }).await;
                continue;
            };
            let entry = Entry::reclaimed(pending.entry_id.clone(), fields, pending.deliveries);
            let behind = ids.get(index + 1..).unwrap_or_default();
            if self.worker.deliver(entry, behind, stopped).await? == DeliveryOutcome::Stopped {
                return Ok(true);
            }
        }
        Ok(!pending.is_empty())
    }

    async fn process_new(
        &self,
        session: &mut Session,
        stopped: &mut watch::Receiver<bool>,
    ) -> Result<(), StepError> {
        let limit = BLOCK_TIME + READ_TIMEOUT_GRACE;
        let read = tokio::select! {
            read = timeout(limit, self.worker.group.read_new(&mut session.blocking)) => read,
            // If the server replies after the read was abandoned, the events stay pending for the next start.
            _ = stopped.wait_for(|stop| *stop) => return Ok(()),
        };
        let entries = read.map_err(|_| StepError::Timeout)?.map_err(PoolError::Backend)?;
        self.worker.detect_gaps(&entries).await;
        let ids: Vec<String> = entries.iter().map(|entry| entry.id.clone()).collect();
        for (index, entry) in entries.into_iter().enumerate() {
            if *stopped.borrow() {
                break;
            }
            let entry = Entry::new(entry.id, entry.map);
            let behind = ids.get(index + 1..).unwrap_or_default();
            if self.worker.deliver(entry, behind, stopped).await? == DeliveryOutcome::Stopped {
                break;
            }
        }
        Ok(())
    }
}
