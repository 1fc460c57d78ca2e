//! The consumer: takes up what was left, then waits for what is new.

use std::sync::Arc;
use std::time::Duration;

use deadpool_redis::PoolError;
use deadpool_redis::redis::aio::MultiplexedConnection;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

use super::deliver::{DeliveryWorker, Ended};
use super::entry::Entry;
use super::group::{BLOCK_MS, Group, Lag};
use super::link::Link;
use super::{ConsumerSettings, EventHandler, Missed, ProcessedEvents, Start};
use crate::redis::{Connect, StreamSettingsError, message};

/// How much longer than it should a waiting question may take before its connection is given up.
const READ_TIMEOUT_GRACE: Duration = Duration::from_secs(5);
/// The pause before Redis is asked again.
const PAUSE: Duration = Duration::from_millis(250);
/// While an event is worked on, that is said so many times before others would claim it.
const HEARTBEATS_PER_CLAIM: u32 = 3;

/// Hands the events of the stream to a handler.
pub struct Consumer {
    connect: Connect,
    deliveries: DeliveryWorker,
    settings: ConsumerSettings,
}

/// Redis did not answer; the message holds nothing that was sent.
#[derive(Debug, Clone, thiserror::Error)]
#[error("event stream: {0}")]
pub struct ConsumeError(String);

/// What stopped a step.
#[derive(Debug, thiserror::Error)]
pub(super) enum StepError {
    #[error("{}", message(.0))]
    Redis(#[from] PoolError),
    #[error("there is no stream yet")]
    NoStream,
    #[error("no answer to a waiting question")]
    Silent,
}

/// What lasts as long as nothing goes wrong.
struct Session {
    /// Waits for new events, and does nothing else.
    waiting: MultiplexedConnection,
    claim_at: Instant,
    /// Whether there may be events that were delivered and not handled.
    left: bool,
}

impl Consumer {
    /// Makes a consumer. Connections are made when it runs: that Redis is down is no error here.
    ///
    /// # Errors
    /// When the settings cannot be used.
    pub fn new(
        settings: ConsumerSettings,
        handler: impl EventHandler,
        seen: Arc<dyn ProcessedEvents>,
    ) -> Result<Self, StreamSettingsError> {
        let connect = Connect::new(&settings.stream)?;
        let deliveries = DeliveryWorker {
            group: Group::new(connect.pool()?, &settings),
            handler: Arc::new(handler),
            seen,
            retry_pause: settings.retry_pause,
            keep_every: settings.claim_after / HEARTBEATS_PER_CLAIM,
        };
        Ok(Self { connect, deliveries, settings })
    }

    /// Follows the stream until `stop` is ready: then the event that is being handled is handled to its end, and
    /// what was taken and not begun is left for the next start.
    pub async fn run(&self, stop: impl Future<Output = ()>) {
        let (sender, stopped) = watch::channel(false);
        let stopping = async {
            stop.await;
            sender.send_replace(true);
        };
        tokio::join!(stopping, self.follow(stopped));
    }

    /// How far the group is behind.
    ///
    /// # Errors
    /// When Redis does not answer, or there is no stream.
    pub async fn lag(&self) -> Result<Lag, ConsumeError> {
        self.deliveries.group.lag().await.map_err(|error| ConsumeError(message(&error)))
    }

    async fn follow(&self, mut stopped: watch::Receiver<bool>) {
        let group = self.deliveries.group.label();
        let mut link = Link::default();
        let mut session = None;
        let mut from = match self.settings.start {
            Start::Oldest => "0",
            Start::Newest => "$",
        };
        while !*stopped.borrow() {
            match self.step(&mut session, from, &mut stopped).await {
                Ok(()) => {
                    link.answered(group);
                    from = "0";
                }
                Err(error) => {
                    session = None;
                    // Events that come before the group can be made are meant for it.
                    from = if matches!(error, StepError::NoStream) { "0" } else { from };
                    link.lost(group, &error.to_string());
                    tokio::select! {
                        () = sleep(PAUSE) => {}
                        _ = stopped.wait_for(|stop| *stop) => {}
                    }
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
        if Instant::now() >= session.claim_at {
            session.claim_at = Instant::now() + self.settings.claim_after / 2;
            let claimed = self.deliveries.group.claim_stale().await?;
            session.left |= claimed.any;
            if !claimed.trimmed.is_empty() {
                self.deliveries.report_missed(Missed::Trimmed { entries: claimed.trimmed }).await;
            }
        }
        if session.left {
            session.left = self.process_pending(stopped).await?;
            return Ok(());
        }
        self.process_new(session, stopped).await
    }

    async fn begin(&self, from: &str) -> Result<Session, StepError> {
        let group = &self.deliveries.group;
        if !group.stream_exists().await? {
            return Err(StepError::NoStream);
        }
        group.create(from).await?;
        let waiting = self.connect.waiting().await.map_err(PoolError::Backend)?;
        Ok(Session { waiting, claim_at: Instant::now(), left: true })
    }

    /// Delivers what this consumer has and has not handled; tells whether there may be more.
    async fn process_pending(&self, stopped: &mut watch::Receiver<bool>) -> Result<bool, StepError> {
        let pending = self.deliveries.group.own_pending().await?;
        let ids: Vec<String> = pending.iter().map(|pending| pending.entry_id.clone()).collect();
        for (place, pending) in pending.iter().enumerate() {
            if *stopped.borrow() {
                return Ok(true);
            }
            let Some(fields) = self.deliveries.group.read(&pending.entry_id).await? else {
                self.deliveries.group.acknowledge(&pending.entry_id).await?;
                self.deliveries
                    .report_missed(Missed::Trimmed { entries: vec![pending.entry_id.clone()] })
                    .await;
                continue;
            };
            let entry = Entry::left(pending.entry_id.clone(), fields, pending.deliveries);
            let behind = ids.get(place + 1..).unwrap_or_default();
            if self.deliveries.deliver(entry, behind, stopped).await? == Ended::Stopped {
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
        let limit = Duration::from_millis(BLOCK_MS) + READ_TIMEOUT_GRACE;
        let read = tokio::select! {
            read = timeout(limit, self.deliveries.group.read_new(&mut session.waiting)) => read,
            // What the server sends to a question that nobody waits for any more is left for the next start.
            _ = stopped.wait_for(|stop| *stop) => return Ok(()),
        };
        let entries = read.map_err(|_| StepError::Silent)?.map_err(PoolError::Backend)?;
        self.deliveries.detect_gaps(&entries).await;
        let ids: Vec<String> = entries.iter().map(|entry| entry.id.clone()).collect();
        for (place, entry) in entries.into_iter().enumerate() {
            let entry = Entry::new(entry.id, entry.map);
            let behind = ids.get(place + 1..).unwrap_or_default();
            if *stopped.borrow() || self.deliveries.deliver(entry, behind, stopped).await? == Ended::Stopped {
                break;
            }
        }
        Ok(())
    }
}
