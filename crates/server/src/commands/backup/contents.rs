//! What a backup contains, as far as it can be checked without restoring it.

use anyhow::{Context, Result, bail, ensure};
use chrono::Utc;
use data_encoding::HEXLOWER;
use hermes_domain::ledger::{AuditEntry, AuditHash, ChainBreak, ChainVerifier};

use super::{Manifest, RecordedHead};

/// The checked parts of a backup. The rows of the audit log are verified while they are read.
#[derive(Debug, Default)]
pub(in crate::commands) struct Contents {
    /// The applied steps of the schema.
    pub steps: Vec<String>,
    /// The row of the ledger head.
    pub head: Option<RecordedHead>,
    /// The record, if the file was written by `hermes backup`.
    pub manifest: Option<Manifest>,
    chain: ChainVerifier,
    chain_break: Option<ChainBreak>,
}

impl Contents {
    /// Verifies the next row of the audit log.
    pub fn add_audit_entry(&mut self, entry: &AuditEntry) {
        if self.chain_break.is_none() {
            self.chain_break = self.chain.verify_next(entry).err();
        }
    }

    /// Returns the ledger head.
    ///
    /// # Errors
    /// If the file has none.
    pub fn head(&self) -> Result<&RecordedHead> {
        self.head.as_ref().context("the file contains no ledger head, so it is no backup of Hermes")
    }

    /// Creates the record.
    ///
    /// # Errors
    /// If the file is no backup of Hermes.
    pub fn new_manifest(&self, sha256: Option<String>) -> Result<Manifest> {
        Ok(Manifest {
            hermes: env!("CARGO_PKG_VERSION").to_owned(),
            created_at: Utc::now(),
            schema: self.steps.last().context("the file contains no schema version")?.clone(),
            ledger_head: self.head()?.clone(),
            sha256,
        })
    }

    /// Checks the schema version, the audit chain and the record.
    ///
    /// # Errors
    /// If one of them is wrong.
    pub fn check(&self) -> Result<()> {
        let head = self.head()?;
        let known: Vec<_> = hermes_migration::step_names().collect();
        if let Some(unknown) = self.steps.iter().find(|step| !known.contains(&step.as_str())) {
            bail!("this version of Hermes does not know the schema step {unknown}; use a newer version");
        }
        ensure!(known.iter().zip(&self.steps).all(|(known, step)| known == step), "a schema step is missing");
        let recorded = self.manifest.as_ref();
        ensure!(
            recorded.is_none_or(|record| record.ledger_head == *head),
            "the ledger head was changed after the backup"
        );
        let hash = HEXLOWER.decode(head.audit_hash.as_bytes())?.try_into();
        let hash = AuditHash(hash.ok().context("the ledger head has no valid hash")?);
        let end = self.chain_break.map_or_else(|| self.chain.finish(head.audit_seq, hash), Err);
        end.context("the audit log was tampered with")
    }

    /// Returns whether the backup has the schema of this version of Hermes.
    pub fn is_current(&self) -> bool {
        self.steps.len() == hermes_migration::step_names().count()
    }

    /// Describes the moment of the backup.
    ///
    /// # Errors
    /// If the file is no backup of Hermes.
    pub fn summary(&self) -> Result<String> {
        let RecordedHead { seq, token, audit_seq, .. } = self.head()?;
        let schema = self.steps.last().map_or("none", String::as_str);
        let origin = match &self.manifest {
            Some(Manifest { hermes, created_at, .. }) => {
                format!("created {} by Hermes {hermes}", created_at.format("%Y-%m-%dT%H:%M:%SZ"))
            }
            None => "without a record of Hermes".to_owned(),
        };
        Ok(format!("ledger head {seq} ({token}), {audit_seq} audit rows, schema {schema}, {origin}"))
    }
}
