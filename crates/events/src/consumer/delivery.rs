//! The delivery of one event: retries, acknowledgement, dead letters and heartbeats.

use std::fmt::Display;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::Utc;
use hermes_domain::ledger::OutboxEvent;
use hermes_domain::outage::{OutageChange, OutageTracker};
use hermes_redis::redis::streams::StreamId;
use hermes_redis::{CommandError, PoolError};
use tokio::sync::watch;
use tokio::time::sleep;

use super::entry::Entry;
use super::group::Group;
use super::handler::find_gaps;
use super::{Delivery, EventHandler, HandlerError, Missed, ProcessedEvents};
use crate::stream::stream_error;

/// The number of deliveries before an event becomes a dead letter.
const MAX_DELIVERIES: usize = 5;
/// The delay between attempts while Redis or the record of processed events is unavailable.
pub(super) const RETRY_INTERVAL: Duration = Duration::from_millis(250);

/// Delivers events to the handler.
pub(super) struct DeliveryWorker {
    pub group: Group,
    pub handler: Arc<dyn EventHandler>,
    pub processed: Arc<dyn ProcessedEvents>,
    pub retry_delay: Duration,
    pub heartbeat_interval: Duration,
    /// Outages of Redis or of the record of processed events, during the delivery of an event.
    pub outage: OutageTracker,
}

/// How the delivery of an entry ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DeliveryOutcome {
    /// The entry is no longer pending.
    Done,
    /// The consumer is stopping. The entry is still pending, unless it was handled.
    Stopped,
}

/// Whether a delivery may begin.
enum DeliveryStart {
    Recorded,
    /// The entry is no longer pending.
    NotPending,
    Stopped,
}

impl DeliveryWorker {
    /// Delivers an entry until it is handled or becomes a dead letter. Meanwhile, sends heartbeats for the entry and
    /// for those `behind` it in the batch.
    ///
    /// A delivery is recorded by its number right before the handler starts. An outage before or after the handler
    /// is retried without counting a delivery.
    pub async fn deliver(
        &self,
        entry: Entry,
        behind: &[String],
        stopped: &mut watch::Receiver<bool>,
    ) -> Result<DeliveryOutcome, PoolError> {
        let entry_ids: Vec<String> = std::iter::once(&entry.id).chain(behind).cloned().collect();
        self.with_heartbeat(&entry_ids, self.handle_with_retries(entry, stopped)).await
    }

    async fn handle_with_retries(
        &self,
        mut entry: Entry,
        stopped: &mut watch::Receiver<bool>,
    ) -> Result<DeliveryOutcome, PoolError> {
        let Some(event) = entry.event() else {
            self.dead_letter(&entry, "not an event of Hermes").await?;
            return Ok(DeliveryOutcome::Done);
        };
        let is_processed = self.retry_until_stopped(stopped, || self.processed.is_processed(event.id));
        match is_processed.await {
            Some(false) => {}
            Some(true) => {
                self.count("duplicate");
                return Ok(self.acknowledge(&entry.id, stopped).await);
            }
            None => return Ok(DeliveryOutcome::Stopped),
        }
        let mut reason = "every consumer died before reporting a result".to_owned();
        while entry.delivery <= MAX_DELIVERIES {
            match self.record_delivery(&mut entry, stopped).await? {
                DeliveryStart::Recorded => {}
                DeliveryStart::NotPending => {
                    // Another consumer may have handled the entry. If it was trimmed, no consumer can.
                    if self.group.read(&entry.id).await?.is_none() {
                        self.report_missed(Missed::Trimmed { entries: vec![entry.id] }).await;
                    }
                    return Ok(DeliveryOutcome::Done);
                }
                DeliveryStart::Stopped => return Ok(DeliveryOutcome::Stopped),
            }
            match self.call_handler(Delivery { event: event.clone(), number: entry.delivery }).await {
                Ok(()) => return Ok(self.acknowledge_handled(&entry.id, &event, stopped).await),
                Err(error) => reason = error.to_string(),
            }
            self.count("failed");
            entry.delivery += 1;
            if entry.delivery <= MAX_DELIVERIES && is_stopped_within(self.retry_delay, stopped).await {
                return Ok(DeliveryOutcome::Stopped);
            }
        }
        self.dead_letter(&entry, &reason).await?;
        Ok(DeliveryOutcome::Done)
    }

    /// Records the next delivery in Redis, unless it is recorded already.
    async fn record_delivery(
        &self,
        entry: &mut Entry,
        stopped: &mut watch::Receiver<bool>,
    ) -> Result<DeliveryStart, PoolError> {
        if entry.recorded >= entry.delivery {
            return Ok(DeliveryStart::Recorded);
        }
        // A lost reply is retried with the same number, so the delivery counts once.
        let recorded = self.retry_until_stopped(stopped, || async {
            match self.group.record_delivery(&entry.id, entry.delivery).await {
                Err(error) => match stream_error(&error) {
                    CommandError::Refused(_) => Ok(Err(error)),
                    unavailable @ CommandError::Unavailable(_) => Err(unavailable),
                },
                Ok(is_pending) => Ok(Ok(is_pending)),
            }
        });
        let Some(is_pending) = recorded.await else { return Ok(DeliveryStart::Stopped) };
        if !is_pending? {
            return Ok(DeliveryStart::NotPending);
        }
        entry.recorded = entry.delivery;
        Ok(DeliveryStart::Recorded)
    }

    /// Runs the handler in a task of its own, so that a panic fails the delivery and not the consumer.
    async fn call_handler(&self, delivery: Delivery) -> Result<(), HandlerError> {
        let handler = Arc::clone(&self.handler);
        let task = tokio::spawn(async move { handler.handle(delivery).await });
        task.await.unwrap_or_else(|error| Err(error.into()))
    }

    /// Records a handled event as processed and acknowledges its entry. Retries both until they succeed.
    async fn acknowledge_handled(
        &self,
        entry_id: &str,
        event: &OutboxEvent,
        stopped: &mut watch::Receiver<bool>,
    ) -> DeliveryOutcome {
        self.count("handled");
        let delay = (Utc::now() - event.occurred_at).to_std().unwrap_or_default();
        metrics::histogram!("hermes_consumer_delay_seconds", "group" => self.group.name().to_owned())
            .record(delay);
        // A consumer that stops before the event is recorded acknowledges the entry nevertheless.
        let _recorded = self.retry_until_stopped(stopped, || self.processed.record(event.id)).await;
        self.acknowledge(entry_id, stopped).await
    }

    async fn acknowledge(&self, entry_id: &str, stopped: &mut watch::Receiver<bool>) -> DeliveryOutcome {
        let acknowledged = self.retry_until_stopped(stopped, || async {
            self.group.acknowledge(entry_id).await.map_err(|error| stream_error(&error))
        });
        if acknowledged.await.is_some() { DeliveryOutcome::Done } else { DeliveryOutcome::Stopped }
    }

    async fn dead_letter(&self, entry: &Entry, reason: &str) -> Result<(), PoolError> {
        self.group.dead_letter(entry, reason).await?;
        self.count("dead");
        let group = self.group.name();
        log::error!(
            group, entry = entry.id.as_str(), deliveries = entry.recorded;
            "group {group} moved entry {} to the dead letters after {} deliveries: {reason}",
            entry.id, entry.recorded
        );
        Ok(())
    }

    /// Reports the events missing before and within a batch that the group has just read.
    pub async fn detect_gaps(&self, batch: &[StreamId]) {
        let seqs: Vec<i64> = batch.iter().filter_map(|entry| entry.get("seq")).collect();
        let (Some(first), Some(last), Some(last_seq)) = (batch.first(), batch.last(), seqs.last()) else {
            return;
        };
        let previous = self.group.advance_position(&first.id, &last.id, *last_seq).await;
        let previous = previous.unwrap_or_else(|error| {
            let (group, error) = (self.group.name(), stream_error(&error));
            log::warn!(group; "group {group} cannot check for missing events ({error})");
            None
        });
        for missed in find_gaps(previous, seqs) {
            self.report_missed(missed).await;
        }
    }

    /// Reports missed events to the log, the metrics and the handler. A panic of the handler is only logged.
    pub async fn report_missed(&self, missed: Missed) {
        let group = self.group.name();
        metrics::counter!("hermes_consumer_missed_total", "group" => group.to_owned())
            .increment(missed.count());
        log::error!(group, missed = missed.count(); "group {group} missed {missed}");
        let handler = Arc::clone(&self.handler);
        if tokio::spawn(async move { handler.missed(missed).await }).await.is_err() {
            log::error!(group; "the handler of group {group} panicked on a notice of missed events");
        }
    }

    /// Repeats an operation until it succeeds. Returns `None` if the consumer stops first.
    ///
    /// Tries at least once, even if the consumer is stopping, and logs an outage and its end.
    async fn retry_until_stopped<T, E: Display, Attempt: Future<Output = Result<T, E>>>(
        &self,
        stopped: &mut watch::Receiver<bool>,
        mut attempt: impl FnMut() -> Attempt,
    ) -> Option<T> {
        let group = self.group.name();
        loop {
            match attempt().await {
                Ok(value) => {
                    if let OutageChange::Ended { lasted, log: true } =
                        self.outage.record_success(Instant::now())
                    {
                        log::info!(group; "group {group} continues after {} ms", lasted.as_millis());
                    }
                    return Some(value);
                }
                Err(error) => {
                    let change = self.outage.record_failure(Instant::now());
                    if change == (OutageChange::Began { log: true }) {
                        log::warn!(group; "group {group} waits with an event and retries ({error})");
                    }
                }
            }
            if is_stopped_within(RETRY_INTERVAL, stopped).await {
                return None;
            }
        }
    }

    /// Sends heartbeats for entries until `work` is done.
    async fn with_heartbeat<T>(&self, entry_ids: &[String], work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return done,
                () = sleep(self.heartbeat_interval) => {
                    if let Err(error) = self.group.heartbeat(entry_ids).await {
                        let error = stream_error(&error);
                        log::debug!("heartbeat failed, so other consumers may claim the events ({error})");
                    }
                }
            }
        }
    }

    fn count(&self, outcome: &'static str) {
        let group = self.group.name().to_owned();
        metrics::counter!("hermes_consumer_events_total", "group" => group, "outcome" => outcome)
            .increment(1);
    }
}

/// Sleeps. Returns `true` as soon as the consumer stops.
pub(super) async fn is_stopped_within(duration: Duration, stopped: &mut watch::Receiver<bool>) -> bool {
    tokio::select! {
        () = sleep(duration) => false,
        _ = stopped.wait_for(|stop| *stop) => true,
    }
}
