//! Logs and metrics of mail. Logs an outage only once, and never an address or a link.

use std::time::Duration;

use chrono::{DateTime, Utc};
use hermes_domain::ports::{MailError, MailStatus, StoreError};

/// Records whether this instance sends. Other instances know neither the queue nor the mail server.
pub(super) fn record_holds_lease(holds: bool) {
    metrics::gauge!("hermes_mail_sender").set(u8::from(holds));
    if !holds {
        metrics::gauge!("hermes_mail_up").set(1);
        metrics::gauge!("hermes_mail_waiting").set(0);
        metrics::gauge!("hermes_mail_oldest_waiting_seconds").set(0);
    }
}

/// Records the waiting messages.
pub(super) fn record_status(status: &MailStatus, now: DateTime<Utc>) {
    metrics::gauge!("hermes_mail_waiting").set(u32::try_from(status.waiting).unwrap_or(u32::MAX));
    let age = status.oldest_waiting.and_then(|oldest| (now - oldest).to_std().ok()).unwrap_or_default();
    metrics::gauge!("hermes_mail_oldest_waiting_seconds").set(age);
}

/// Records a message that the mail server accepted.
pub(super) fn record_sent() {
    metrics::counter!("hermes_mail_sent_total").increment(1);
}

/// Records a message that the mail server postponed.
pub(super) fn record_postponed() {
    metrics::counter!("hermes_mail_postponed_total").increment(1);
}

/// Reports a message whose result the worker did not wait for, because it was stopped.
pub(super) fn abandoned() {
    log::warn!("a message was being sent; it may be sent again under the same Message-ID");
}

/// Reports a message that was rejected for good. The reply is not logged, because it repeats the address.
pub(super) fn rejected(reference: impl std::fmt::Display) {
    metrics::counter!("hermes_mail_rejected_total").increment(1);
    log::warn!("a message to the payer of {reference} was rejected; the payment shows why");
}

/// Reports a failed attempt to reach the mail server.
pub(super) fn unavailable(error: &MailError, is_first: bool, delay: Duration) {
    metrics::counter!("hermes_mail_failures_total").increment(1);
    metrics::gauge!("hermes_mail_up").set(0);
    if is_first {
        log::warn!("mail is not sent ({error}); the messages wait and will be sent in order");
    } else {
        log::debug!("mail is not sent ({error}); the next attempt is in {} s", delay.as_secs());
    }
}

/// Records that the mail server responds.
pub(super) fn reachable() {
    metrics::gauge!("hermes_mail_up").set(1);
}

/// Reports that the mail server works again.
pub(super) fn recovered(after: Duration) {
    log::info!("mail is sent again after {} s", after.as_secs());
}

/// Reports an error of the database. The worker tries again. Other parts report an outage of the database.
pub(super) fn database_failed(error: &StoreError) {
    if error.is_outage() {
        log::debug!("the mail queue could not be used: {error}");
    } else {
        log::error!("no mail is sent until this is repaired: {error}");
    }
}

#[cfg(test)]
mod tests {
    use metrics_exporter_prometheus::PrometheusBuilder;

    use super::*;

    #[test]
    fn an_instance_that_loses_the_lease_in_an_outage_reports_no_outage() {
        let recorder = PrometheusBuilder::new().build_recorder();
        let is_up = |value: u8| recorder.handle().render().contains(&format!("hermes_mail_up {value}\n"));
        metrics::with_local_recorder(&recorder, || {
            record_holds_lease(true);
            unavailable(&MailError::Unavailable("refused".to_owned()), true, Duration::from_secs(1));
            assert!(is_up(0));
            // Another instance may reach the mail server now.
            record_holds_lease(false);
            assert!(is_up(1));
        });
    }
}
