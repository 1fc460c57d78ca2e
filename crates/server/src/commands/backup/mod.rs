//! `hermes backup`: one file with the data of one moment, and a record of the ledger head of that moment.
//!
//! | database | the file | the record |
//! |---|---|---|
//! | SQLite | a database, written by `VACUUM INTO` | the only row of the table `hermes_backup` |
//! | MySQL, MariaDB | the output of the dump tool | the last line, a comment of SQL |
//!
//! The record is written last, so a file without its record is incomplete. It is read from the file itself: a query
//! before or after the copy would return the head of another moment.

pub(super) mod client;
mod contents;
mod dump;
mod insert;
pub(super) mod sqlite;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use chrono::{DateTime, Utc};
use data_encoding::HEXLOWER;
use hermes_domain::ledger::LedgerHead;
use hermes_repository::{AuditProtection, Database};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub(super) use contents::Contents;

use super::print_line;
use crate::config::Settings;
use crate::{compose, config, logging};

/// The record of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Manifest {
    /// The version of Hermes that wrote the backup.
    pub hermes: String,
    /// When the backup was finished.
    pub created_at: DateTime<Utc>,
    /// The newest step of the schema.
    pub schema: String,
    /// The state of the ledger in the backup.
    pub ledger_head: RecordedHead,
    /// The SHA-256 of everything before the record, in hexadecimal digits; absent for SQLite.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
}

/// The ledger head in the record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RecordedHead {
    pub seq: i64,
    pub token: Uuid,
    pub audit_seq: i64,
    /// In hexadecimal digits.
    pub audit_hash: String,
}

impl From<&LedgerHead> for RecordedHead {
    fn from(head: &LedgerHead) -> Self {
        Self {
            seq: head.seq,
            token: head.token.0,
            audit_seq: head.audit_seq,
            audit_hash: HEXLOWER.encode(&head.audit_hash.0),
        }
    }
}

/// Writes a backup.
pub(super) async fn run(file: &Path) -> Result<ExitCode> {
    let configuration = config::load()?;
    let settings = &configuration.settings;
    logging::start(settings.log.format, "warn");
    ensure!(!file.exists(), "{} exists; a backup needs a new file", file.display());
    super::migrate::ensure_current(settings).await?;
    let database = compose::open_database(settings).await?;
    let written = write(settings, &database, file).await;
    let protection = database.audit_protection().await;
    database.close().await;
    let contents = written.with_context(|| format!("cannot write the backup {}", file.display()))?;
    print_line(&format!("wrote {}: {}", file.display(), contents.summary()?))?;
    if protection? != AuditProtection::Triggers {
        print_line(
            "warning: the backup lacks the triggers that protect the audit log. If `hermes doctor` as the owner of the \
             schema reports them, grant this user TRIGGER; otherwise, run `hermes migrate triggers`",
        )?;
    }
    contents.check().with_context(|| format!("{} is written, but its data is damaged", file.display()))?;
    Ok(ExitCode::SUCCESS)
}

/// Writes a temporary file and renames it, so that the file appears complete or not at all.
async fn write(settings: &Settings, database: &Database, file: &Path) -> Result<Contents> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // The file has mode 0600.
    let mut temporary = tempfile::Builder::new().prefix(".hermes-backup-").tempfile_in(folder)?;
    let contents = if settings.is_embedded() {
        sqlite::write(database, temporary.path()).await?
    } else {
        dump::write(settings, temporary.as_file_mut(), file)?
    };
    temporary.as_file().sync_all()?;
    temporary.persist_noclobber(file)?;
    std::fs::File::open(folder)?.sync_all()?;
    Ok(contents)
}

/// Reads a backup of any database.
pub(super) async fn read(file: &Path) -> Result<Contents> {
    let read = if sqlite::is_sqlite(file)? { sqlite::read(file).await } else { dump::read(file) };
    read.with_context(|| format!("{} is no complete backup", file.display()))
}
