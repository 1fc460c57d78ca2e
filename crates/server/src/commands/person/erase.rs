//! `hermes erase`: erases the personal data of a payment or of a person.
//!
//! Each payment is erased by a command of the ledger, in a batch of its own. The head excludes the writers of running
//! portals meanwhile, and the cache version or the head shows them the change. An interrupted run can be repeated.

use std::process::ExitCode;

use anyhow::{Context, Result, bail, ensure};
use hermes_domain::ledger::{Command, Erasure, ErasureScope, Origin, Submission};
use hermes_domain::payment::PaymentKey;
use hermes_domain::ports::PaymentReader;
use hermes_repository::{Database, SqlPaymentReader};
use hermes_service::writer::LedgerWriter;

use super::PaymentsOfPerson;
use crate::cli::Erase;
use crate::commands::{OPERATOR, migrate, print_line};
use crate::compose::{self, CommandLedger};
use crate::config::{self, Configuration};
use crate::logging;

/// Erases, and prints the references of the erased payments. The exit status is 1 if there is nothing to erase.
pub(in crate::commands) async fn run(what: Erase) -> Result<ExitCode> {
    let configuration = config::load()?;
    logging::start(configuration.settings.log.format, "warn");
    migrate::ensure_current(&configuration.settings).await?;
    let database = compose::open_database(&configuration.settings).await?;
    let reader = SqlPaymentReader::new(&database);
    let report = match what.list {
        true => super::erasures::list(&reader).await,
        false => erase_person(&configuration, &database, &what).await,
    };
    database.close().await;
    print_line(&report?)
}

async fn erase_person(configuration: &Configuration, database: &Database, what: &Erase) -> Result<String> {
    let erasures = erasures(&SqlPaymentReader::new(database), what).await?;
    ensure!(!erasures.is_empty(), "no payment has this e-mail address, and no audit row contains it");
    erase(configuration, database, erasures).await
}

/// Erases, waits until running portals show the change, and reports the references of the payments.
pub(super) async fn erase(
    configuration: &Configuration,
    database: &Database,
    erasures: Vec<Erasure>,
) -> Result<String> {
    let CommandLedger { ledger, writer, cache } = compose::command_ledger(configuration, database).await?;
    let mut references = Vec::new();
    for erasure in erasures {
        references.push(submit(&ledger, erasure).await?);
    }
    ledger.close();
    writer.await.context("the ledger writer stopped unexpectedly")?;
    if !configuration.settings.shares_cache() {
        // A running portal rereads the head within this time.
        tokio::time::sleep(compose::staleness_bound(&configuration.settings)).await;
    }
    let mut report = format!("erased the personal data of {}", references.join(", "));
    if let Err(error) = cache.clear().await {
        let ttl_s = configuration.settings.cache.ttl_s;
        report += &format!(
            "\nRedis may contain outdated copies for up to {ttl_s} s, because it did not respond: {error}"
        );
    }
    if let Err(error) = database.remove_deleted_data().await {
        report += &format!(
            "\nthe SQLite file still contains deleted data, because it is in use ({error}); run: sqlite3 FILE \
             \"VACUUM; PRAGMA wal_checkpoint(TRUNCATE);\""
        );
    }
    Ok(report)
}

async fn erasures(reader: &SqlPaymentReader, what: &Erase) -> Result<Vec<Erasure>> {
    if let Some(text) = &what.payment {
        let key = PaymentKey::parse(text)
            .with_context(|| format!("{text:?} is no id or reference of a payment"))?;
        if reader.find(&key).await?.is_none() {
            bail!("there is no payment {key}");
        }
        return Ok(vec![Erasure { target: key, scope: ErasureScope::Payment }]);
    }
    let email = what.email.as_deref().unwrap_or_default();
    ensure!(!email.is_empty(), "the e-mail address is empty");
    let PaymentsOfPerson { current, past } = PaymentsOfPerson::find(reader, email).await?;
    let erasure = |id, scope| Erasure { target: PaymentKey::Id(id), scope };
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
    let committed = ledger.submit(submission).await;
    let committed = committed
        .with_context(|| format!("payment {target} and later ones are not erased; repeat the command"))?;
    Ok(committed.outcome.payment.reference.to_string())
}
