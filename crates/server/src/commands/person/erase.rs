//! `hermes erase`: erases the personal data of a payment or of a person.
//!
//! Each payment is erased by a command of the ledger, in a batch of its own. The head excludes the writers of running
//! portals meanwhile, and the cache version or the head shows them the change. An interrupted run can be repeated.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Error, Result, bail, ensure};
use hermes_domain::ledger::{Command, Erasure, ErasureScope, Origin, Submission, ensure_no_refund_to_send};
use hermes_domain::payment::{PaymentId, PaymentKey};
use hermes_domain::ports::{PaymentReader, SharedCache};
use hermes_domain::receipt::{Receipt, RefundNumber, StatementLineId};
use hermes_repository::{Database, SqlPaymentReader, SqlStatementStore};
use hermes_service::writer::{LedgerWriter, SubmitError};

use super::PaymentsOfPerson;
use super::receipts::receipts_of;
use crate::cli::Erase;
use crate::commands::{OPERATOR, migrate, print_line};
use crate::compose::{self, CommandLedger};
use crate::config::{self, Configuration, Settings};
use crate::logging;

/// Erases, and prints the references of the erased payments. The exit status is 1 if there is nothing to erase.
pub(in crate::commands) async fn run(what: Erase) -> Result<ExitCode> {
    let configuration = config::load()?;
    logging::start(configuration.settings.log.format, "warn");
    migrate::ensure_current(&configuration.settings).await?;
    let database = compose::open_database(&configuration.settings).await?;
    let reader = SqlPaymentReader::new(&database);
    let report = match &what {
        Erase { list: true, .. } => super::erasures::list(&reader).await,
        Erase { repeat: Some(file), .. } => repeat_list(&configuration, &database, file).await,
        _ => erase_person(&configuration, &database, &what).await,
    };
    database.close().await;
    print_line(&report?)
}

async fn repeat_list(configuration: &Configuration, database: &Database, file: &Path) -> Result<String> {
    super::erasures::repeat(configuration, database, super::erasures::read(file)?).await
}

async fn erase_person(configuration: &Configuration, database: &Database, what: &Erase) -> Result<String> {
    let erasures = erasures(&SqlPaymentReader::new(database), what).await?;
    ensure!(!erasures.is_empty(), "no payment has this e-mail address, and no audit row contains it");
    erase(configuration, database, erasures).await
}

/// Erases, waits until running portals show the change, and reports the references of the payments.
///
/// # Errors
/// If a payment cannot be erased. The error also reports the payments that are erased.
pub(super) async fn erase(
    configuration: &Configuration,
    database: &Database,
    erasures: Vec<Erasure>,
) -> Result<String> {
    let (erasures, waiting) = erase_lines(database, erasures).await?;
    let CommandLedger { ledger, writer, cache } = compose::command_ledger(configuration, database).await?;
    let (references, erased) = submit_all(&ledger, erasures).await;
    ledger.close();
    // The writer also ends a batch of which the outcome is unknown, so the copies are removed after the batch.
    let ended = writer.await.context("the ledger writer stopped unexpectedly");
    let mut report = Vec::new();
    if !references.is_empty() {
        report.push(format!("erased the personal data of {}", references.join(", ")));
    }
    report.extend(remove_copies(&configuration.settings, database, cache.as_ref()).await);
    let failed = erased.and(ended).err().map(|error| format!("{error:#}"));
    let is_complete = failed.is_none() && waiting.is_empty();
    report.extend(failed.into_iter().chain(waiting));
    ensure!(is_complete, report.join("\n"));
    Ok(report.join("\n"))
}

/// Adds the receipts of the payments to the erasures, and erases the texts of their statement lines. Also returns a report
/// on each payment that cannot be erased yet, because a refund needs its account.
///
/// The lines come first: they are found by texts, and an interrupted run finds the payments again.
async fn erase_lines(database: &Database, erasures: Vec<Erasure>) -> Result<(Vec<Erasure>, Vec<String>)> {
    let reader = SqlPaymentReader::new(database);
    let mut found = Vec::new();
    for erasure in erasures {
        let payment = match erasure.scope {
            ErasureScope::Payment => reader.find(&erasure.target).await?,
            ErasureScope::History => None,
        };
        found.push((payment, erasure));
    }
    let ids: Vec<PaymentId> =
        found.iter().filter_map(|(payment, _)| payment.as_ref()).map(|payment| payment.id).collect();
    let receipts = receipts_of(&reader, &ids).await?;
    let (mut ready, mut waiting, mut erased) = (Vec::new(), Vec::new(), Vec::<Receipt>::new());
    for (payment, mut erasure) in found {
        if let Some(payment) = payment {
            let receipts = receipts.get(&payment.id).map_or(&[][..], Vec::as_slice);
            if let Err(rejection) = receipts.iter().try_for_each(ensure_no_refund_to_send) {
                let reference = payment.reference;
                waiting
                    .push(format!("payment {reference} is not erased: {rejection}, and repeat the command"));
                continue;
            }
            erasure.receipts = receipts.iter().map(|receipt| receipt.number).collect();
            erased.extend_from_slice(receipts);
        }
        ready.push(erasure);
    }
    let statements = SqlStatementStore::new(database);
    let refunds = erased.iter().flat_map(|receipt| &receipt.refunds);
    let refunds: Vec<RefundNumber> = refunds.map(|refund| refund.number).collect();
    let lines = statements.lines_of_receipts(&erased, &refunds).await?;
    let lines: Vec<StatementLineId> = lines.iter().map(|stored| stored.line.id).collect();
    statements.erase_texts(&lines).await?;
    Ok((ready, waiting))
}

/// Submits the erasures up to the first that fails. Returns the references of the erased payments, and the result.
async fn submit_all(ledger: &LedgerWriter, erasures: Vec<Erasure>) -> (Vec<String>, Result<()>) {
    let mut references = Vec::new();
    for erasure in erasures {
        match submit(ledger, erasure).await {
            Ok(reference) => references.push(reference),
            Err(error) => return (references, Err(error)),
        }
    }
    (references, Ok(()))
}

/// Removes the copies of erased data from the caches and from the free space of a SQLite file. Returns what remains.
async fn remove_copies(settings: &Settings, database: &Database, cache: &dyn SharedCache) -> Vec<String> {
    if !settings.shares_cache() {
        // A running portal rereads the head within this time.
        tokio::time::sleep(compose::staleness_bound(settings)).await;
    }
    let mut remaining = Vec::new();
    if let Err(error) = cache.clear().await {
        let ttl_s = settings.cache.ttl_s;
        remaining.push(format!(
            "Redis may contain outdated copies for up to {ttl_s} s, because it did not respond: {error}"
        ));
    }
    if let Err(error) = database.remove_deleted_data().await {
        remaining.push(format!(
            "the SQLite file still contains deleted data, because it is in use ({error}); run: sqlite3 FILE \
             \"VACUUM; PRAGMA wal_checkpoint(TRUNCATE);\""
        ));
    }
    remaining
}

async fn erasures(reader: &SqlPaymentReader, what: &Erase) -> Result<Vec<Erasure>> {
    if let Some(text) = &what.payment {
        let key = PaymentKey::parse(text)
            .with_context(|| format!("{text:?} is no id or reference of a payment"))?;
        if reader.find(&key).await?.is_none() {
            bail!("there is no payment {key}");
        }
        return Ok(vec![Erasure::new(key, ErasureScope::Payment)]);
    }
    let email = what.email.as_deref().unwrap_or_default();
    ensure!(!email.is_empty(), "the e-mail address is empty");
    let PaymentsOfPerson { current, past } = PaymentsOfPerson::find(reader, email).await?;
    let erasure = |id, scope| Erasure::new(PaymentKey::Id(id), scope);
    let current = current.iter().map(|payment| erasure(payment.id, ErasureScope::Payment));
    Ok(current.chain(past.into_iter().map(|id| erasure(id, ErasureScope::History))).collect())
}

/// Submits an erasure and returns the reference of the payment.
async fn submit(ledger: &LedgerWriter, erasure: Erasure) -> Result<String> {
    let target = erasure.target.to_string();
    let submission = Submission {
        command: Command::Erase(erasure),
        origin: Origin { actor: OPERATOR.to_owned(), user_agent: None, ip_address: None },
        idempotency: None,
    };
    let committed = ledger.submit(submission).await.map_err(|error| {
        let message = match error {
            SubmitError::OutcomeUnknown => format!("payment {target} may be erased, and later ones are not"),
            _ => format!("payment {target} and later ones are not erased"),
        };
        Error::new(error).context(format!("{message}; repeat the command"))
    })?;
    Ok(committed.outcome.payment.reference.to_string())
}
