//! Verifies the hash chain of the audit log.

use std::collections::BTreeMap;

use super::effect::ERASED_ACTION;
use super::{AuditEntry, AuditHash, ReceiptEffect};

/// Verifies the chain row by row.
#[derive(Debug, Clone)]
pub struct ChainVerifier {
    last_seq: i64,
    last_hash: AuditHash,
    /// The first erased row of each subject whose erasure is not recorded by a later row.
    unrecorded_erasures: BTreeMap<String, i64>,
}

/// The first row of the chain that is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("audit row {seq}: {error}")]
pub struct ChainBreak {
    /// The number of the row.
    pub seq: i64,
    /// What is wrong with the row.
    pub error: ChainError,
}

/// What is wrong with a row of the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// The row does not exist.
    #[error("missing")]
    Missing,
    /// The row or the previous hash was changed.
    #[error("changed since it was written")]
    Changed,
    /// The row is the last one, but the ledger head has another number or hash.
    #[error("not the last row according to the ledger head")]
    NotTheHead,
    /// The personal values are erased, but no later row records an erasure of the subject.
    #[error("erased without a record of the erasure")]
    ErasedWithoutRecord,
    /// The row precedes the first row or follows the last row that the ledger wrote.
    #[error("not written by the ledger")]
    UnexpectedEntry,
}

impl Default for ChainVerifier {
    fn default() -> Self {
        Self::after(0, AuditHash::GENESIS)
    }
}

impl ChainVerifier {
    /// Starts after a row with a trusted hash.
    pub const fn after(last_seq: i64, last_hash: AuditHash) -> Self {
        Self { last_seq, last_hash, unrecorded_erasures: BTreeMap::new() }
    }

    /// Returns the number of the last verified row.
    pub const fn last_seq(&self) -> i64 {
        self.last_seq
    }

    /// Verifies the next row.
    ///
    /// # Errors
    /// Returns the break if the row is missing or was changed.
    pub fn verify_next<Text: AsRef<str>>(&mut self, entry: &AuditEntry<Text>) -> Result<(), ChainBreak> {
        let expected = self.last_seq + 1;
        if entry.seq != expected {
            return Err(ChainBreak { seq: expected, error: ChainError::Missing });
        }
        if entry.hash_after(self.last_hash) != entry.hash {
            return Err(ChainBreak { seq: expected, error: ChainError::Changed });
        }
        let records_erasure = [ERASED_ACTION, ReceiptEffect::Erased.audit_action()];
        if records_erasure.contains(&entry.action.as_ref()) {
            self.unrecorded_erasures.remove(entry.subject_id.as_ref());
        }
        if entry.is_erased() {
            self.unrecorded_erasures.entry(entry.subject_id.as_ref().to_owned()).or_insert(expected);
        }
        self.last_seq = expected;
        self.last_hash = entry.hash;
        Ok(())
    }

    /// Compares the end of the chain with the ledger head.
    ///
    /// # Errors
    /// Returns the break if rows are missing at the end, the last hash differs, or a row is erased without a record.
    pub fn finish(&self, head_seq: i64, head_hash: AuditHash) -> Result<(), ChainBreak> {
        if self.last_seq < head_seq {
            return Err(ChainBreak { seq: self.last_seq + 1, error: ChainError::Missing });
        }
        if self.last_seq != head_seq || self.last_hash != head_hash {
            return Err(ChainBreak { seq: self.last_seq, error: ChainError::NotTheHead });
        }
        if let Some(seq) = self.unrecorded_erasures.values().min() {
            return Err(ChainBreak { seq: *seq, error: ChainError::ErasedWithoutRecord });
        }
        Ok(())
    }
}
