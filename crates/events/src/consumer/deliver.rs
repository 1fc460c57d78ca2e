//! One event, until it is handled or given up.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use deadpool_redis::redis::Value;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::event::parse;
use super::group::Group;
use super::run::StepError;
use super::{Delivery, EventHandler, HandlerError, SeenEvents};

/// How often an event is delivered before it is given up.
pub(super) const DELIVERIES_MAX: usize = 5;

/// What deliveries are made with.
pub(super) struct Deliveries {
    pub group: Group,
    pub handler: Arc<dyn EventHandler>,
    pub seen: Arc<dyn SeenEvents>,
    pub retry_pause: Duration,
    /// How often it is said that events are being worked on.
    pub keep_every: Duration,
}

/// An entry that is to be handled.
pub(super) struct Entry {
    pub id: String,
    pub fields: HashMap<String, Value>,
    /// The how manieth delivery this is.
    pub delivery: usize,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// The entry is off the list.
    Done,
    /// The consumer is to stop; the entry stays on the list.
    Stopped,
}

impl Deliveries {
    /// Handles an entry; those behind it in the same batch are kept from being claimed meanwhile.
    pub async fn deliver(
        &self,
        mut entry: Entry,
        behind: &[String],
        stopped: &mut watch::Receiver<bool>,
    ) -> Result<Ended, StepError> {
        let Some(event) = parse(&entry.fields) else {
            self.bury(&entry, "this is no event of Hermes").await?;
            return Ok(Ended::Done);
        };
        if self.seen.is_seen(event.id).await? {
            self.count("duplicate");
            self.group.acknowledge(&entry.id).await?;
            return Ok(Ended::Done);
        }
        let working_on: Vec<String> = std::iter::once(&entry.id).chain(behind).cloned().collect();
        loop {
            let delivery = Delivery { event: event.clone(), number: entry.delivery };
            let Err(error) = self.handle(delivery, &working_on).await else {
                self.seen.note(event.id).await?;
                self.group.acknowledge(&entry.id).await?;
                self.count("handled");
                let delay = (Utc::now() - event.occurred_at).to_std().unwrap_or_default();
                let group = self.group.label().to_owned();
                metrics::histogram!("hermes_consumer_delay_seconds", "group" => group).record(delay);
                return Ok(Ended::Done);
            };
            self.count("failed");
            if entry.delivery >= DELIVERIES_MAX {
                self.bury(&entry, &error.to_string()).await?;
                return Ok(Ended::Done);
            }
            tokio::select! {
                () = sleep(self.retry_pause) => {}
                _ = stopped.wait_for(|stop| *stop) => return Ok(Ended::Stopped),
            }
            if self.group.deliver_again(&entry.id).await?.is_none() {
                return Ok(Ended::Done);
            }
            entry.delivery += 1;
        }
    }

    /// Gives up an entry that was delivered too often without anybody saying what became of it.
    pub async fn bury(&self, entry: &Entry, reason: &str) -> Result<(), StepError> {
        self.group.bury(&entry.id, entry.delivery, &entry.fields, reason).await?;
        self.count("dead");
        log::error!(
            group = self.group.label(), entry = entry.id.as_str(), deliveries = entry.delivery;
            "group {} gave up entry {} after {} deliveries: {reason}",
            self.group.label(), entry.id, entry.delivery
        );
        Ok(())
    }

    /// Runs the handler in a task of its own: a panic is its failure, and not the consumer's.
    async fn handle(&self, delivery: Delivery, working_on: &[String]) -> Result<(), HandlerError> {
        let handler = Arc::clone(&self.handler);
        let mut task = tokio::spawn(async move { handler.handle(delivery).await });
        let mut keep_at = Instant::now() + self.keep_every;
        loop {
            tokio::select! {
                handled = &mut task => return handled.unwrap_or_else(|error| Err(error.into())),
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
