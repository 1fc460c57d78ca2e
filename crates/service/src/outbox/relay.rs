//! The relay: one instance at a time publishes what the outbox has, in the order of commits.
//!
//! The lease keeps the others from doing the same work; order does not depend on it. A relay that was
//! suspended in the middle of sending, and whose lease another one has taken over, may send when it wakes: the
//! stream appends only what follows its mark, so what comes late finds another mark and changes nothing.

use std::sync::Arc;
use std::time::Duration;

use hermes_domain::ledger::OutboxEvent;
use hermes_domain::ports::{Clock, EventPublisher, EventsAfter, Outbox, RelayLease};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use uuid::Uuid;

use super::blocked::BlockedReporter;
use super::lease::HeldLease;
use super::notifier::Listener;
use super::outage::OutageTracker;
use super::position::{self, Next, RelayError, RelayPosition};
use super::{CommitNotifier, metrics};

/// The most events that are sent at once.
const BATCH_MAX: u64 = 256;
/// How soon a round follows one that has published everything there was: so that under load a round takes the events
/// of several commits, instead of competing with each of them for the database. A lone event does not wait.
const COALESCE_DELAY: Duration = Duration::from_millis(10);
/// How often an idle stream is asked whether it still has what it was given.
const VERIFY_INTERVAL: Duration = Duration::from_secs(1);
/// The pause after something went wrong, in milliseconds: anything in the range, so that instances do not keep step.
const RETRY_DELAY_MS: std::ops::RangeInclusive<u64> = 150..=350;

/// What a relay works with.
#[derive(Clone)]
pub struct RelayParts {
    /// Where events come from.
    pub outbox: Arc<dyn Outbox>,
    /// Where they go.
    pub stream: Arc<dyn EventPublisher>,
    /// The right to do so.
    pub lease: Arc<dyn RelayLease>,
    /// Says that there may be new ones.
    pub signal: CommitNotifier,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
}

/// The limits of a relay.
#[derive(Debug, Clone, Copy)]
pub struct RelaySettings {
    /// The random name of this instance.
    pub holder: Uuid,
    /// How long a lease is good without being renewed.
    pub lease: Duration,
    /// About how many events the stream keeps.
    pub stream_length_max: i64,
}

/// Publishes events while it holds the lease.
pub struct Relay {
    parts: RelayParts,
    settings: RelaySettings,
    stopped: watch::Receiver<bool>,
    link: OutageTracker,
    complaint: BlockedReporter,
    /// Where to go on; `None` when it has to be found out.
    place: Option<RelayPosition>,
    lease: HeldLease,
    checked_at: Instant,
}

/// Stops a relay.
#[derive(Debug)]
pub struct RelayHandle {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

/// How a round ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum BatchResult {
    /// There is more, or may be.
    More,
    /// Everything was published that there was.
    CaughtUp,
    /// There was nothing to publish.
    Idle,
    /// The place is none of the outbox: it has to be found out anew.
    Diverged,
}

impl Relay {
    /// Starts the relay's task.
    pub fn start(parts: RelayParts, settings: RelaySettings) -> RelayHandle {
        let (stop, stopped) = watch::channel(false);
        let relay = Self {
            lease: HeldLease::new(Arc::clone(&parts.lease), settings.holder, settings.lease),
            parts,
            settings,
            stopped,
            link: OutageTracker::default(),
            complaint: BlockedReporter::default(),
            place: None,
            checked_at: Instant::now(),
        };
        RelayHandle { stop, task: tokio::spawn(relay.run()) }
    }

    async fn run(mut self) {
        metrics::holds_lease(false);
        while !self.is_stopped() {
            if self.lease.renew(None, &mut self.complaint).await {
                // What was known of the stream is from before somebody else had the lease.
                self.place = None;
                log::info!("this instance publishes the events");
                metrics::holds_lease(true);
                self.publish_while_leader().await;
                metrics::holds_lease(false);
            } else {
                self.pause(self.lease.try_again_after()).await;
            }
        }
        self.lease.release(self.published_seq()).await;
    }

    /// Publishes until the lease is lost or the relay is stopped.
    async fn publish_while_leader(&mut self) {
        let mut commits = self.parts.signal.listen();
        while !self.is_stopped() {
            if !self.lease.keep(self.published_seq(), &mut self.complaint).await {
                log::info!("another instance publishes the events");
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

    /// Publishes the next events, if there are any.
    async fn publish_batch(&mut self) -> Result<BatchResult, RelayError> {
        let place = match self.place {
            Some(place) => place,
            None => self.find_place().await?,
        };
        let limit = self.settings.stream_length_max;
        let next = position::next(self.parts.outbox.as_ref(), place, BATCH_MAX, limit).await?;
        let Next::Events(events) = next else {
            self.place = None;
            if let Some(told) = place.told {
                self.complaint.hole(told.seq);
            }
            return Ok(BatchResult::Diverged);
        };
        self.complaint.settled();
        let is_page_full = u64::try_from(events.len()).is_ok_and(|events| events >= BATCH_MAX);
        let (Some(first), Some(last)) = (events.first(), events.last().map(OutboxEvent::position)) else {
            metrics::lag(0, 0);
            self.check(place).await?;
            return Ok(BatchResult::Idle);
        };
        self.record_lag(first);
        // Whatever goes wrong from here on, where the stream ends is the stream's to say.
        self.place = None;
        let published = self.parts.stream.publish(place.stream_end, &events).await?;
        // The events are in the stream, and nobody has noted it yet: a crash here is made good by the next relay,
        // which asks the stream for its mark.
        #[cfg(feature = "fault-injection")]
        hermes_fault::pass(hermes_fault::Point::AfterXadd);
        self.link.answered();
        metrics::published(published);
        if published.last_position != Some(last) {
            log::info!("the event stream is at another place than this instance knew; it looks again");
            ::metrics::counter!("hermes_events_resumes_total").increment(1);
            return Ok(BatchResult::More);
        }
        self.place = Some(RelayPosition { stream_end: Some(last), told: Some(last) });
        Ok(if is_page_full { BatchResult::More } else { BatchResult::CaughtUp })
    }

    async fn find_place(&mut self) -> Result<RelayPosition, RelayError> {
        let place = position::find(self.parts.stream.as_ref(), self.parts.outbox.as_ref()).await?;
        self.link.answered();
        self.place = Some(place);
        Ok(place)
    }

    /// Asks an idle stream now and then where it ends: what it lost is published again without waiting for the
    /// next booking.
    async fn check(&mut self, place: RelayPosition) -> Result<(), RelayError> {
        if self.checked_at.elapsed() < VERIFY_INTERVAL {
            return Ok(());
        }
        self.checked_at = Instant::now();
        let mark = self.parts.stream.last_position().await?;
        self.link.answered();
        if mark != place.stream_end {
            log::warn!("the event stream has lost events; they are published again");
            ::metrics::counter!("hermes_events_resumes_total").increment(1);
            self.place = None;
        }
        Ok(())
    }

    fn record_lag(&self, oldest: &OutboxEvent) {
        let since = self.parts.clock.now() - oldest.occurred_at;
        metrics::lag(self.parts.signal.newest() - oldest.seq + 1, since.num_milliseconds());
    }

    async fn handle_error(&mut self, error: &RelayError) {
        self.place = None;
        match error {
            RelayError::Stream(error) => {
                self.link.lost(error);
                self.measure_lag().await;
            }
            RelayError::Outbox(error) => log::debug!("events wait for the database: {error}"),
        }
    }

    /// How far the stream is behind while it does not answer, by what was last noted.
    async fn measure_lag(&self) {
        let Ok(status) = self.parts.lease.relay_status().await else { return };
        let Ok(newest) = self.parts.outbox.newest_event().await else { return };
        let oldest = self.parts.outbox.events_after(Some(status.published_seq), 1).await;
        let Ok(EventsAfter::Events(oldest)) = oldest else { return };
        let since = oldest.first().map(|event| self.parts.clock.now() - event.occurred_at);
        metrics::lag(newest - status.published_seq, since.map_or(0, |since| since.num_milliseconds()));
    }

    /// The number of the last event that is known to be published.
    fn published_seq(&self) -> Option<i64> {
        self.place.and_then(|place| place.told).map(|mark| mark.seq)
    }

    async fn wait_for_commits(&mut self, commits: &mut Listener) {
        let renew_at = self.lease.renew_at().min(Instant::now() + VERIFY_INTERVAL);
        tokio::select! {
            () = commits.changed() => {}
            () = tokio::time::sleep_until(renew_at) => {}
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
    /// Lets the relay finish what it is at, give its lease up and end.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        if self.task.await.is_err() {
            log::error!("the relay of events ended badly");
        }
    }
}

async fn until_stopped(stopped: &mut watch::Receiver<bool>) {
    // An error says that the handle is gone: then the relay runs as long as the process.
    if stopped.wait_for(|stop| *stop).await.is_err() {
        std::future::pending::<()>().await;
    }
}
