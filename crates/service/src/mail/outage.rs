//! The outage of the mail server: when it began, and when the next attempt is due.

use chrono::{DateTime, Utc};
use hermes_domain::ports::{MailError, MailOutage, MailQueue, StoreError};
use tokio::time::Instant;

use super::back_off::outage_delay;
use super::reporter;

/// The outage that all instances see, and the attempts of this one.
#[derive(Debug)]
pub(super) struct Outage {
    since: DateTime<Utc>,
    failures: u32,
    retry_at: Instant,
}

impl Outage {
    /// Reads the outage that this or another instance has recorded.
    pub async fn load(queue: &dyn MailQueue) -> Result<Option<Self>, StoreError> {
        let recorded = queue.mail_status().await?.outage;
        Ok(recorded.map(|outage| Self { since: outage.since, failures: 0, retry_at: Instant::now() }))
    }

    /// Returns whether the next attempt is not due yet.
    pub fn is_waiting(&self) -> bool {
        Instant::now() < self.retry_at
    }

    /// Lets the next attempt follow at once, because another message may succeed.
    pub fn retry_now(&mut self) {
        self.retry_at = Instant::now();
    }
}

/// Records a failed attempt.
pub(super) async fn record_failure(
    outage: &mut Option<Outage>,
    queue: &dyn MailQueue,
    error: &MailError,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let retry_at = Instant::now();
    let outage = outage.get_or_insert(Outage { since: now, failures: 0, retry_at });
    outage.failures = outage.failures.saturating_add(1);
    let delay = outage_delay(outage.failures);
    outage.retry_at = retry_at + delay;
    reporter::unavailable(error, outage.failures == 1, delay);
    queue.record_outage(Some(&MailOutage { since: outage.since, error: error.to_string() })).await
}

/// Records that the mail server responds. A database error only delays this until the next message.
pub(super) async fn record_end(outage: &mut Option<Outage>, queue: &dyn MailQueue, now: DateTime<Utc>) {
    reporter::reachable();
    let Some(ended) = outage else { return };
    reporter::recovered((now - ended.since).to_std().unwrap_or_default());
    match queue.record_outage(None).await {
        Ok(()) => *outage = None,
        Err(error) => reporter::database_failed(&error),
    }
}
