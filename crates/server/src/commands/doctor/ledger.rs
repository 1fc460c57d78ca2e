//! Checks the schema, the rights of the user, and the invariants of the stored data.

use anyhow::{Result, bail, ensure};
use chrono::Utc;
use hermes_domain::access::ApiKey;
use hermes_domain::ledger::LedgerHead;
use hermes_domain::payment::{PaymentKey, Reference};
use hermes_domain::ports::{AccessStore, Outbox, PaymentReader, ReceiptFilter, ReceiptReader, RefundFilter};
use hermes_repository::{
    AuditBounds, AuditProtection, Database, SqlAccessStore, SqlOutbox, SqlPaymentReader,
};
use secrecy::ExposeSecret;

use super::Finding;
use crate::cli::KeyFile;
use crate::commands::audit;
use crate::compose;
use crate::config::{self, Configuration, Settings};

/// How to repair a head that is behind its rows. Until then, Hermes rejects all changes.
const HEAD_BEHIND_ACTION: &str = "another program changed the tables, or only some of them were restored; restore all tables from the \
                      same point in time";
const READ_ACTION: &str =
    "check the log of the database server, and the rights of this user in docs/grants.sql";

/// The number of bookings up to which the payments are compared with the audit log and the totals. It takes some seconds.
const COMPARED_MAX: i64 = 20_000;
/// The most differing payments and receipts that a finding names.
const DIFFERENCES_MAX: usize = 5;

pub(super) async fn check(configuration: &Configuration, database: &Database, key: &KeyFile) -> Vec<Finding> {
    let schema = check_schema(database).await;
    let is_current = schema.action.is_none();
    let mut findings = vec![schema];
    if is_current {
        findings.push(check_rights(&configuration.settings, database).await);
        findings.push(check_audit_protection(database).await);
        findings.push(match describe_ledger(database).await {
            Ok(found) => Finding::ok("ledger", found),
            Err(error) => Finding::error("ledger", &error, HEAD_BEHIND_ACTION),
        });
        findings.push(check_payments(database).await);
        findings.push(super::delivery::check_events(&configuration.settings, database).await);
        findings.push(match describe_access(configuration, database, key).await {
            Ok(found) => Finding::ok("access", found),
            Err(error) => Finding::error("access", &error, "docs/access.md explains keys and their scopes"),
        });
    }
    findings
}

async fn check_schema(database: &Database) -> Finding {
    match hermes_migration::pending(database.reader_pool()).await {
        Ok(0) => Finding::ok("schema", "current"),
        Ok(count) => Finding::problem(
            "schema",
            format!("{count} migrations are missing"),
            "run `hermes migrate status`, then `hermes migrate up`",
        ),
        Err(error) => {
            Finding::error("schema", &error.into(), "start the version of Hermes that migrated the database")
        }
    }
}

async fn check_rights(settings: &Settings, database: &Database) -> Finding {
    const CODE: &str = "grants";
    if settings.is_embedded() {
        return Finding::ok(CODE, "SQLite has none");
    }
    match database.missing_rights().await {
        Ok(missing) if missing.is_empty() => {
            Finding::ok(CODE, "this database user has every right that Hermes needs")
        }
        Ok(missing) => Finding::problem(
            CODE,
            format!("this database user lacks {}", missing.join(", ")),
            "let an administrator run docs/grants.sql",
        ),
        Err(error) => Finding::error(CODE, &error.into(), READ_ACTION),
    }
}

async fn check_audit_protection(database: &Database) -> Finding {
    const CODE: &str = "audit-log";
    match database.audit_protection().await {
        Ok(AuditProtection::Triggers) => Finding::ok(CODE, "triggers reject changes"),
        Ok(AuditProtection::Privileges) => Finding::ok(CODE, "this database user has no right to change it"),
        Ok(AuditProtection::Nothing) => Finding::problem(
            CODE,
            "nothing prevents changes, because the triggers are missing",
            "run `hermes migrate triggers` as the owner of the schema, or grant this user only the rights of \
             docs/grants.sql",
        ),
        Err(error) => Finding::error(CODE, &error.into(), READ_ACTION),
    }
}

/// Describes the head, or fails if rows exist that the next batch would number again.
async fn describe_ledger(database: &Database) -> Result<String> {
    let reader = SqlPaymentReader::new(database);
    let AuditBounds { head, last_seq, .. } = reader.audit_bounds().await?;
    if let Some(seq) = last_seq.filter(|last| *last > head.audit_seq) {
        bail!("the head ends at audit row {}, but row {seq} exists", head.audit_seq);
    }
    let (reference, event) =
        (next_reference_if_booked(&reader, &head).await?, next_event(database, &head).await?);
    let money = numbers_not_counted(&reader, &head).await?;
    // If the head has advanced, the rows were written meanwhile.
    if reader.head().await?.id() == head.id() {
        if let Some(reference) = reference {
            bail!("the next reference of the head is {reference}, which is already booked");
        }
        if let Some(event) = event {
            bail!("the head ends at event {}, but event {event} exists", head.event_seq);
        }
        if let Some(number) = money.first() {
            bail!("the head does not count {number}, which exists");
        }
    }
    Ok(format!("at {} with {} bookings and {} audit rows", head.seq, head.next_reference - 1, head.audit_seq))
}

async fn next_reference_if_booked(reader: &SqlPaymentReader, head: &LedgerHead) -> Result<Option<Reference>> {
    let Some(next) = Reference::new(head.next_reference) else { return Ok(None) };
    let booked = reader.find(&PaymentKey::Reference(next)).await?;
    Ok(booked.map(|payment| payment.reference))
}

/// Returns the newest receipt and the newest refund, if the next batch would use their numbers again.
async fn numbers_not_counted(reader: &SqlPaymentReader, head: &LedgerHead) -> Result<Vec<String>> {
    let receipts = reader.list_receipts(&ReceiptFilter::default(), None, 1).await?;
    let refunds = reader.list_refunds(&RefundFilter::default(), None, 1).await?;
    let receipts = receipts.iter().map(|receipt| receipt.number);
    let receipts = receipts.filter(|number| number.sequence() >= head.next_receipt);
    let refunds = refunds.iter().map(|found| found.refund.number);
    let refunds = refunds.filter(|number| number.sequence() >= head.next_refund);
    let receipts = receipts.map(|number| format!("receipt {number}"));
    Ok(receipts.chain(refunds.map(|number| format!("refund {number}"))).collect())
}

async fn next_event(database: &Database, head: &LedgerHead) -> Result<Option<i64>> {
    let next = head.event_seq + 1;
    let found = SqlOutbox::new(database).find_events(&[next]).await?;
    Ok(found.first().map(|_| next))
}

/// Compares each payment and receipt with its last audit row, and the stored totals with both, if that takes only seconds.
async fn check_payments(database: &Database) -> Finding {
    const CODE: &str = "payments";
    let reader = SqlPaymentReader::new(database);
    let compared = async {
        let bookings = reader.head().await?.next_reference - 1;
        if bookings > COMPARED_MAX {
            return Ok(format!(
                "not compared, because there are {bookings}; run `hermes audit verify --deep`"
            ));
        }
        let mut lines: Vec<String> = Vec::new();
        let is_intact = audit::deep::verify(&reader, &mut |line| {
            lines.push(line.to_owned());
            Ok(())
        })
        .await?;
        let mut named = 0;
        lines.retain(|line| {
            let is_difference = line.starts_with("payment ") || line.starts_with("receipt ");
            named += usize::from(is_difference);
            !is_difference || named <= DIFFERENCES_MAX
        });
        ensure!(is_intact, "{}", lines.join("; "));
        Ok(lines.join("; "))
    };
    match compared.await {
        Ok(found) => Finding::ok(CODE, found),
        Err(error) => Finding::error(
            CODE,
            &error,
            "another program changed the tables; see `audit verify` in docs/troubleshooting.md",
        ),
    }
}

/// Describes who has access, and verifies the key in the file, if there is one.
async fn describe_access(
    configuration: &Configuration,
    database: &Database,
    key: &KeyFile,
) -> Result<String> {
    let (table, now) = (SqlAccessStore::new(database).key_table().await?, Utc::now());
    let state = compose::access::describe(configuration, &table.records(), now)?;
    let Some(file) = &key.key_file else { return Ok(state) };
    let secret = config::read_secret(file, KeyFile::VARIABLE)?;
    let verified = ApiKey::parse(secret.expose_secret()).and_then(|key| table.verify(&key, now));
    match verified {
        Some(key) => Ok(format!("{state}; the key in {} has the scopes {}", file.display(), key.scopes)),
        None => bail!(
            "{state}; the key in {} is unknown, expired or revoked: create another with `hermes keys create`",
            file.display()
        ),
    }
}
