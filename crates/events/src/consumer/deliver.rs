//! One event, until it is handled or given up.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use hermes_domain::ledger::OutboxEvent;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::entry::Entry;
use super::event::parse;
use super::group::Group;
use super::insist::insist;
use super::run::StepError;
use super::{Delivery, EventHandler, HandlerError, Missed, ProcessedEvents};
use crate::redis::{is_refusal, message};

/// How often an event is delivered before it is given up.
pub(super) const DELIVERIES_MAX: usize = 5;

/// What deliveries are made with.
pub(super) struct DeliveryWorker {
    pub group: Group,
    pub handler: Arc<dyn EventHandler>,
    pub seen: Arc<dyn ProcessedEvents>,
    pub retry_pause: Duration,
    /// How often it is said that events are being worked on.
    pub keep_every: Duration,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// The entry is off the list.
    Done,
    /// The consumer is to stop; the entry stays on the list unless it was handled.
    Stopped,
}

/// Whether a delivery may begin.
enum Counted {
    /// It is counted.
    Yes,
    /// The entry is on the list no more.
    Gone,
    /// The consumer is to stop.
    Stopped,
}

impl DeliveryWorker {
    /// Handles an entry; those behind it in the same batch are kept from being claimed meanwhile.
    ///
    /// A delivery is counted right before the handler starts, and by number: whatever does not answer before or
    /// after that is asked again and brings no event nearer to being given up.
    pub async fn deliver(
        &self,
        entry: Entry,
        behind: &[String],
        stopped: &mut watch::Receiver<bool>,
    ) -> Result<Ended, StepError> {
        let working_on: Vec<String> = std::iter::once(&entry.id).chain(behind).cloned().collect();
        self.keeping(&working_on, self.handle_with_retries(entry, stopped)).await
    }

    async fn handle_with_retries(
        &self,
        mut entry: Entry,
        stopped: &mut watch::Receiver<bool>,
    ) -> Result<Ended, StepError> {
        let Some(event) = parse(&entry.fields) else {
            self.dead_letter(&entry, "this is no event of Hermes").await?;
            return Ok(Ended::Done);
        };
        let group = self.group.label();
        let Some(seen) = insist(group, stopped, || self.seen.is_seen(event.id)).await else {
            return Ok(Ended::Stopped);
        };
        if seen {
            self.count("duplicate");
            return Ok(self.acknowledge(&entry.id, stopped).await);
        }
        let mut reason = "nobody has lived to say what became of it".to_owned();
        while entry.delivery <= DELIVERIES_MAX {
            match self.count_delivery(&mut entry, stopped).await? {
                Counted::Yes => {}
                Counted::Gone => {
                    // Another consumer may have handled it; what the stream has no more nobody can handle.
                    if self.group.read(&entry.id).await?.is_none() {
                        self.report_missed(Missed::Trimmed { entries: vec![entry.id] }).await;
                    }
                    return Ok(Ended::Done);
                }
                Counted::Stopped => return Ok(Ended::Stopped),
            }
            match self.handle(Delivery { event: event.clone(), number: entry.delivery }).await {
                Ok(()) => return Ok(self.handled(&entry.id, &event, stopped).await),
                Err(error) => reason = error.to_string(),
            }
            self.count("failed");
            entry.delivery += 1;
            if entry.delivery <= DELIVERIES_MAX {
                tokio::select! {
                    () = sleep(self.retry_pause) => {}
                    _ = stopped.wait_for(|stop| *stop) => return Ok(Ended::Stopped),
                }
            }
        }
        self.dead_letter(&entry, &reason).await?;
        Ok(Ended::Done)
    }

    /// Has the list count the delivery that is about to begin.
    async fn count_delivery(
        &self,
        entry: &mut Entry,
        stopped: &mut watch::Receiver<bool>,
    ) -> Result<Counted, StepError> {
        if entry.counted >= entry.delivery {
            return Ok(Counted::Yes);
        }
        // That it may have been counted without an answer is no reason to count it once more.
        let counted = insist(self.group.label(), stopped, || async {
            match self.group.count_delivery(&entry.id, entry.delivery).await {
                Err(error) if !is_refusal(&error) => Err(message(&error)),
                answer => Ok(answer),
            }
        });
        let Some(there) = counted.await else { return Ok(Counted::Stopped) };
        if !there? {
            return Ok(Counted::Gone);
        }
        entry.counted = entry.delivery;
        Ok(Counted::Yes)
    }

    /// Nothing takes back that the event was handled: it is noted and off the list as soon as that can be had.
    async fn handled(
        &self,
        entry_id: &str,
        event: &OutboxEvent,
        stopped: &mut watch::Receiver<bool>,
    ) -> Ended {
        self.count("handled");
        let group = self.group.label();
        let delay = (Utc::now() - event.occurred_at).to_std().unwrap_or_default();
        metrics::histogram!("hermes_consumer_delay_seconds", "group" => group.to_owned()).record(delay);
        // A consumer that is to stop before it is noted takes the entry off the list nevertheless.
        let _noted = insist(group, stopped, || self.seen.note(event.id)).await;
        self.acknowledge(entry_id, stopped).await
    }

    async fn acknowledge(&self, entry_id: &str, stopped: &mut watch::Receiver<bool>) -> Ended {
        let acknowledged = insist(self.group.label(), stopped, || async {
            self.group.acknowledge(entry_id).await.map_err(|error| message(&error))
        });
        if acknowledged.await.is_some() { Ended::Done } else { Ended::Stopped }
    }

    /// Gives up an entry that was delivered too often without anybody saying what became of it.
    pub async fn dead_letter(&self, entry: &Entry, reason: &str) -> Result<(), StepError> {
        self.group.dead_letter(&entry.id, entry.counted, &entry.fields, reason).await?;
        self.count("dead");
        log::error!(
            group = self.group.label(), entry = entry.id.as_str(), deliveries = entry.counted;
            "group {} gave up entry {} after {} deliveries: {reason}",
            self.group.label(), entry.id, entry.counted
        );
        Ok(())
    }

    /// Runs the handler in a task of its own: a panic is its failure, and not the consumer's.
    async fn handle(&self, delivery: Delivery) -> Result<(), HandlerError> {
        let handler = Arc::clone(&self.handler);
        let task = tokio::spawn(async move { handler.handle(delivery).await });
        task.await.unwrap_or_else(|error| Err(error.into()))
    }

    /// Says now and then that entries are worked on, for as long as the work takes.
    async fn keeping<T>(&self, working_on: &[String], work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        let mut keep_at = Instant::now() + self.keep_every;
        loop {
            tokio::select! {
                done = &mut work => return done,
                () = tokio::time::sleep_until(keep_at) => {
                    keep_at = Instant::now() + self.keep_every;
                    if let Err(error) = self.group.keep(working_on).await {
                        log::debug!("events that are worked on may be claimed: {error}");
                    }
                }
            }
        }
    }

    pub fn count(&self, outcome: &'static str) {
        let group = self.group.label().to_owned();
        metrics::counter!("hermes_consumer_events_total", "group" => group, "outcome" => outcome)
            .increment(1);
    }
}
