//! The relay: publishes the events of the outbox in commit order, on one instance at a time.
//!
//! The lease prevents duplicate work. Order does not depend on the lease. A suspended relay may lose the lease and
//! still send its events later. The stream appends only events that follow its end, so such late events have no
//! effect.

use std::sync::Arc;
use std::time::Duration;

use hermes_domain::ledger::OutboxEvent;
use hermes_domain::ports::{Clock, EventPublisher, EventsAfter, Outbox, RelayLease};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use uuid::Uuid;

use super::CommitNotifier;
use super::lease::HeldLease;
use super::notifier::CommitListener;
use super::position::{self, RelayError, RelayPosition};
use super::reporter::{RelayReporter, record_holds_lease, record_lag, record_published};

/// The maximum number of events per append.
const BATCH_MAX: u64 = 256;
/// The delay after a batch that published all events.
///
/// Under load, the next batch then contains the events of several commits. So the relay and the writer compete less
/// for the database. A single event is not delayed.
const COALESCE_DELAY: Duration = Duration::from_millis(10);
/// How often the end of an idle stream is verified.
const VERIFY_INTERVAL: Duration = Duration::from_secs(1);
/// The range of the random delay after an error. Random, so that instances do not retry in step.
const RETRY_DELAY_MS: std::ops::RangeInclusive<u64> = 150..=350;

/// The dependencies of a relay.
#[derive(Clone)]
pub struct RelayDeps {
    /// The source of the events.
    pub outbox: Arc<dyn Outbox>,
    /// The stream to publish to.
    pub stream: Arc<dyn EventPublisher>,
    /// The right to publish.
    pub lease: Arc<dyn RelayLease>,
    /// Notifies the relay of new commits.
    pub commits: CommitNotifier,
    /// The wall clock.
    pub clock: Arc<dyn Clock>,
}

/// The configuration of a relay.
#[derive(Debug, Clone, Copy)]
pub struct RelayConfig {
    /// The random id of this instance.
    pub holder: Uuid,
    /// How long a lease lasts unless renewed.
    pub lease_term: Duration,
    /// The approximate maximum number of events in the stream.
    pub stream_length_max: i64,
}

/// Publishes events while it holds the lease.
pub struct Relay {
    deps: RelayDeps,
    stream_length_max: i64,
    stopped: watch::Receiver<bool>,
    reporter: RelayReporter,
    /// `None` if the position must be located again.
    position: Option<RelayPosition>,
    lease: HeldLease,
    verified_at: Instant,
}

/// Stops a relay.
#[derive(Debug)]
pub struct RelayHandle {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

/// The result of publishing one batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum BatchResult {
    /// There may be more events.
    More,
    /// All events were published.
    CaughtUp,
    /// There was no event to publish.
    Idle,
    /// The outbox does not have the position, which must be located again.
    Diverged,
}

impl Relay {
    /// Starts the relay's task.
    pub fn start(deps: RelayDeps, config: RelayConfig) -> RelayHandle {
        let (stop, stopped) = watch::channel(false);
        let relay = Self {
            lease: HeldLease::new(Arc::clone(&deps.lease), config.holder, config.lease_term),
            deps,
            stream_length_max: config.stream_length_max,
            stopped,
            reporter: RelayReporter::new(),
            position: None,
            verified_at: Instant::now(),
        };
        RelayHandle { stop, task: tokio::spawn(relay.run()) }
    }

    async fn run(mut self) {
        while !self.is_stopped() {
            if self.acquire_or_renew(None).await {
                log::info!("this instance publishes the events");
                record_holds_lease(true);
                self.publish_while_leader().await;
                record_holds_lease(false);
            } else {
                self.pause(self.lease.retry_delay()).await;
            }
        }
        self.lease.release(self.published_seq()).await;
    }

    async fn acquire_or_renew(&mut self, published_seq: Option<i64>) -> bool {
        self.lease.acquire_or_renew(published_seq, |error| self.reporter.lease_failed(error)).await
    }

    /// Publishes until the lease is lost or the relay is stopped.
    async fn publish_while_leader(&mut self) {
        let mut commits = self.deps.commits.listen();
        while !self.is_stopped() {
            if !self.acquire_or_renew(self.published_seq()).await {
                log::info!("this instance no longer publishes the events");
                // The other instance moves the end of the stream.
                self.position = None;
                return;
            }
            commits.mark_seen();
            match self.publish_batch().await {
                Ok(BatchResult::More) => {}
                Ok(BatchResult::CaughtUp) => self.pause(COALESCE_DELAY).await,
                Ok(BatchResult::Idle) => self.wait_for_commits(&mut commits).await,
                Ok(BatchResult::Diverged) => {
                    self.measure_lag().await;
                    self.back_off().await;
                }
                Err(error) => {
                    self.handle_error(&error).await;
                    self.back_off().await;
                }
            }
        }
    }

    /// Publishes the next events, if any.
    async fn publish_batch(&mut self) -> Result<BatchResult, RelayError> {
        let position = match self.position {
            Some(position) => position,
            None => self.locate().await?,
        };
        let outbox = self.deps.outbox.as_ref();
        let next = position::next_events(outbox, position, BATCH_MAX, self.stream_length_max).await?;
        let Some(events) = next else {
            self.position = None;
            if let Some(published) = position.published {
                self.reporter.gap_at(published.seq);
            }
            return Ok(BatchResult::Diverged);
        };
        self.reporter.unblocked();
        let is_batch_full = u64::try_from(events.len()).is_ok_and(|events| events >= BATCH_MAX);
        let (Some(first), Some(last)) = (events.first(), events.last().map(OutboxEvent::position)) else {
            record_lag(0, 0);
            self.verify_stream_end(position).await?;
            return Ok(BatchResult::Idle);
        };
        let age = self.deps.clock.now() - first.occurred_at;
        record_lag(self.deps.commits.newest() - first.seq + 1, age.num_milliseconds());
        // If the append fails, only the stream knows its end.
        self.position = None;
        let published = self.deps.stream.publish(position.stream_end, &events).await?;
        // A crash here is harmless: the next relay reads the end of the stream.
        #[cfg(feature = "fault-injection")]
        hermes_fault::hit(hermes_fault::FailPoint::AfterXadd);
        self.reporter.stream_succeeded();
        record_published(published);
        if published.last_position != Some(last) {
            log::info!("the event stream has a different end than expected; locating it again");
            metrics::counter!("hermes_events_resumes_total").increment(1);
            return Ok(BatchResult::More);
        }
        self.position = Some(RelayPosition { stream_end: Some(last), published: Some(last) });
        Ok(if is_batch_full { BatchResult::More } else { BatchResult::CaughtUp })
    }

    async fn locate(&mut self) -> Result<RelayPosition, RelayError> {
        let position = position::locate(self.deps.stream.as_ref(), self.deps.outbox.as_ref()).await?;
        self.reporter.stream_succeeded();
        self.position = Some(position);
        Ok(position)
    }

    /// Verifies the end of an idle stream, so that lost events are published again before the next booking.
    async fn verify_stream_end(&mut self, position: RelayPosition) -> Result<(), RelayError> {
        if self.verified_at.elapsed() < VERIFY_INTERVAL {
            return Ok(());
        }
        self.verified_at = Instant::now();
        let end = self.deps.stream.last_position().await?;
        self.reporter.stream_succeeded();
        if end != position.stream_end {
            log::warn!("the event stream has lost events; they are published again");
            metrics::counter!("hermes_events_resumes_total").increment(1);
            self.position = None;
        }
        Ok(())
    }

    async fn handle_error(&mut self, error: &RelayError) {
        self.position = None;
        match error {
            RelayError::Stream(error) => {
                self.reporter.stream_failed(error);
                self.measure_lag().await;
            }
            RelayError::Outbox(error) => log::debug!("the outbox could not be read: {error}"),
        }
    }

    /// Measures the lag while the stream is down, from the last recorded position.
    async fn measure_lag(&self) {
        let Ok(status) = self.deps.lease.relay_status().await else { return };
        let Ok(newest) = self.deps.outbox.newest_event().await else { return };
        let unpublished = self.deps.outbox.events_after(Some(status.published_seq), 1).await;
        let Ok(EventsAfter::Events(unpublished)) = unpublished else { return };
        let age = unpublished.first().map(|event| self.deps.clock.now() - event.occurred_at);
        record_lag(newest - status.published_seq, age.map_or(0, |age| age.num_milliseconds()));
    }

    /// Returns the number of the last event that is known to be published.
    fn published_seq(&self) -> Option<i64> {
        self.position.and_then(|position| position.published).map(|event| event.seq)
    }

    async fn wait_for_commits(&mut self, commits: &mut CommitListener) {
        let deadline = self.lease.renew_at().min(Instant::now() + VERIFY_INTERVAL);
        tokio::select! {
            () = commits.changed() => {}
            () = tokio::time::sleep_until(deadline) => {}
            () = until_stopped(&mut self.stopped) => {}
        }
    }

    async fn back_off(&mut self) {
        self.pause(Duration::from_millis(fastrand::u64(RETRY_DELAY_MS))).await;
    }

    async fn pause(&mut self, pause: Duration) {
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = until_stopped(&mut self.stopped) => {}
        }
    }

    fn is_stopped(&self) -> bool {
        *self.stopped.borrow()
    }
}

impl RelayHandle {
    /// Lets the relay finish its current batch, release the lease and end.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        if self.task.await.is_err() {
            log::error!("the event relay panicked");
        }
    }
}

pub(crate) async fn until_stopped(stopped: &mut watch::Receiver<bool>) {
    // An error means that the handle is dropped. Then the relay runs as long as the process.
    if stopped.wait_for(|stop| *stop).await.is_err() {
        std::future::pending::<()>().await;
    }
}
