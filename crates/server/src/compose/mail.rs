//! Wires mail to payers, if a mail server is configured.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use hermes_domain::access::ServerKey;
use hermes_domain::ledger::RandomSource;
use hermes_domain::ports::{Mailer, PageLinkMailer, PaymentMail, RelayLease};
use hermes_mail::{Sender, SmtpMailer, SmtpSettings, parse_mailbox};
use hermes_repository::{Database, SqlMailQueue, SqlOutbox, SqlPaymentReader};
use hermes_service::mail::{MailWorker, MailWorkerConfig, MailWorkerDeps, MailWorkerHandle, NewLinkMailer};
use hermes_service::outbox::CommitNotifier;
use hermes_service::writer::LedgerWriter;

use super::{SystemClock, SystemRandom};
use crate::config::{Configuration, Settings};

/// How long the right to send lasts unless renewed. A renewal is due after a third.
const LEASE_TERM: Duration = Duration::from_secs(15);

/// Returns the queue of messages as a follower of the outbox, or `None` if no mail server is configured.
pub(super) fn follower(settings: &Settings, database: &Database) -> Option<Arc<dyn RelayLease>> {
    settings.mail.is_on().then(|| -> Arc<dyn RelayLease> { Arc::new(SqlMailQueue::new(database)) })
}

/// Starts the worker, if a mail server is configured.
pub(super) fn start(
    configuration: &Configuration,
    database: &Database,
    payments: Arc<SqlPaymentReader>,
    commits: &CommitNotifier,
    server_key: &ServerKey,
) -> Result<Option<MailWorkerHandle>> {
    let settings = &configuration.settings;
    let Some(public_url) = settings.server.public_url().filter(|_| settings.mail.is_on()) else {
        return Ok(None);
    };
    let deps = MailWorkerDeps {
        outbox: Arc::new(SqlOutbox::new(database)),
        queue: Arc::new(SqlMailQueue::new(database)),
        receipts: payments.clone(),
        payments,
        mailer: Arc::new(mailer(configuration)?),
        commits: commits.clone(),
        clock: Arc::new(SystemClock),
        server_key: server_key.clone(),
    };
    let config = MailWorkerConfig { holder: SystemRandom.random(), lease_term: LEASE_TERM, public_url };
    Ok(Some(MailWorker::start(deps, config)))
}

/// Returns the mailer of new links, if a mail server is configured.
pub(super) fn link_mailer(
    settings: &Settings,
    database: &Database,
    ledger: &LedgerWriter,
    server_key: &ServerKey,
) -> Option<Arc<dyn PageLinkMailer>> {
    settings.mail.is_on().then(|| -> Arc<dyn PageLinkMailer> {
        let queue = Arc::new(SqlMailQueue::new(database));
        Arc::new(NewLinkMailer::new(queue, ledger.clone(), Arc::new(SystemClock), server_key.clone()))
    })
}

/// Returns the reader of the messages about a payment, if a mail server is configured.
pub(super) fn reader(settings: &Settings, database: &Database) -> Option<Arc<dyn PaymentMail>> {
    settings.mail.is_on().then(|| -> Arc<dyn PaymentMail> { Arc::new(SqlMailQueue::new(database)) })
}

fn mailer(configuration: &Configuration) -> Result<SmtpMailer> {
    let mail = &configuration.settings.mail;
    let reply_to = Some(mail.reply_to.as_str()).filter(|text| !text.is_empty());
    let settings = SmtpSettings {
        host: mail.host.clone(),
        port: mail.port,
        tls: mail.tls.into(),
        login: (!mail.user.is_empty()).then(|| (mail.user.clone(), mail.password.clone())),
        from: parse_mailbox(&mail.from).context("mail.from")?,
        reply_to: reply_to.map(parse_mailbox).transpose().context("mail.reply_to")?,
    };
    let sender = Sender {
        institution: Arc::clone(&configuration.rules.institution),
        language: configuration.language,
    };
    SmtpMailer::new(settings, sender).context("mail")
}

/// Signs in to the mail server.
///
/// # Errors
/// If the mail server rejects Hermes.
pub async fn check(configuration: &Configuration) -> Result<()> {
    Ok(mailer(configuration)?.check().await?)
}
