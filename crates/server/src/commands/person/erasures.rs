//! The list of erasures: a backup contains the data that was erased after it, so a restore repeats the erasures.
//!
//! A line has the id of a payment, the payment's version after its last erasure, and `payment` or `history`. The list
//! contains no personal data. It covers all erasures, so the newest list fits every older backup.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use hermes_domain::ledger::{Erasure, ErasureScope};
use hermes_domain::payment::{PaymentId, PaymentKey};
use hermes_domain::ports::PaymentReader;
use hermes_repository::{Database, RecordedErasure, SqlPaymentReader};
use uuid::Uuid;

use super::erase;
use crate::config::Configuration;

const HEADER: &str = "# payment, version after the erasure, scope";

/// Returns the list of all erasures in the audit log.
pub(super) async fn list(reader: &SqlPaymentReader) -> Result<String> {
    let mut list = HEADER.to_owned();
    for RecordedErasure { payment, version, scope } in reader.recorded_erasures().await? {
        let scope = match scope {
            ErasureScope::Payment => "payment",
            ErasureScope::History => "history",
        };
        write!(list, "\n{} {version} {scope}", payment.0)?;
    }
    Ok(list)
}

/// Repeats the listed erasures that the database lacks, and reports them.
pub(in crate::commands) async fn repeat(
    configuration: &Configuration,
    database: &Database,
    listed: Vec<RecordedErasure>,
) -> Result<String> {
    let reader = SqlPaymentReader::new(database);
    let done = reader.recorded_erasures().await?;
    let done: HashMap<_, _> = done.into_iter().map(|erasure| (erasure.payment, erasure.version)).collect();
    let mut missing = Vec::new();
    for listed in listed {
        if done.get(&listed.payment).is_none_or(|version| *version < listed.version)
            && let Some(erasure) = restored_erasure(&reader, listed).await?
        {
            missing.push(erasure);
        }
    }
    if missing.is_empty() {
        return Ok("every listed erasure is done already".to_owned());
    }
    erase::erase(configuration, database, missing).await
}

/// Returns the erasure for the restored state of the payment, or `None` if the payment is newer than the backup.
async fn restored_erasure(reader: &SqlPaymentReader, listed: RecordedErasure) -> Result<Option<Erasure>> {
    let target = PaymentKey::Id(listed.payment);
    let Some(restored) = reader.find(&target).await? else { return Ok(None) };
    // If the payment was corrected between the backup and the erasure, it may be the erased person's again.
    let is_unchanged = restored.version + 1 == listed.version;
    let scope = if is_unchanged { listed.scope } else { ErasureScope::Payment };
    Ok(Some(Erasure::new(target, scope)))
}

/// Reads the list in a file.
pub(in crate::commands) fn read(file: &Path) -> Result<Vec<RecordedErasure>> {
    let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    parse(&text).with_context(|| format!("{} is no list of erasures", file.display()))
}

fn parse(list: &str) -> Result<Vec<RecordedErasure>> {
    let lines = list.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
    let parsed = lines.map(|line| {
        parse_line(line)
            .with_context(|| format!("{line:?} is no erasure: create the list with `hermes erase --list`"))
    });
    parsed.collect()
}

fn parse_line(line: &str) -> Option<RecordedErasure> {
    let mut words = line.split_whitespace();
    let payment = PaymentId(Uuid::try_parse(words.next()?).ok()?);
    let version = words.next()?.parse().ok()?;
    let scope = match words.next()? {
        "payment" => ErasureScope::Payment,
        "history" => ErasureScope::History,
        _ => return None,
    };
    words.next().is_none().then_some(RecordedErasure { payment, version, scope })
}
