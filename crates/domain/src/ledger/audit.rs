//! The audit log: one hash chain over every change.
//!
//! The hash of a row is SHA-256 over the previous row's hash and the row's own fields. Each field follows its length,
//! so two different rows never have the same input. Changing, inserting, removing or swapping rows breaks the
//! hashes of all later rows.

use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};

use super::Origin;
use crate::payment::{Payment, PaymentId};

/// The hash of an audit row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditHash(pub [u8; 32]);

impl AuditHash {
    /// The hash that precedes the first row.
    pub const GENESIS: Self = Self([0; 32]);
}

/// One audit row as stored. The action is a text, so that a manipulated row can still be read and reported.
///
/// `Text` is `&str` where the chain is verified, which then copies no text out of the database rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry<Text = String> {
    /// The number of the row, counted from 1 without gaps.
    pub seq: i64,
    /// The payment that changed.
    pub payment_id: PaymentId,
    /// The action, such as `PAYMENT_BOOKED` ([`super::Effect::audit_action`]).
    pub action: Text,
    /// The actor.
    pub actor: Text,
    /// The reason.
    pub reason: Option<Text>,
    /// The payment before the change, as JSON.
    pub old_value: Option<Text>,
    /// The payment after the change, as JSON.
    pub new_value: Option<Text>,
    /// The client's `User-Agent`.
    pub user_agent: Option<Text>,
    /// The client's address.
    pub ip_address: Option<Text>,
    /// The time of the change.
    pub created_at: DateTime<Utc>,
    /// The hash over the previous row's hash and this row.
    pub hash: AuditHash,
}

/// The change that a new row records.
pub(super) struct AuditedChange<'a> {
    pub action: &'static str,
    pub before: Option<&'a Payment>,
    pub after: &'a Payment,
    pub reason: Option<String>,
    pub origin: &'a Origin,
}

impl AuditEntry {
    /// Creates the row that follows the row with the given number and hash.
    pub(super) fn append_after(last_seq: i64, last_hash: AuditHash, change: AuditedChange<'_>) -> Self {
        // A payment consists of texts, integers and timestamps, so serialising cannot fail.
        let json = |payment: &Payment| serde_json::to_string(payment).unwrap_or_default();
        let mut entry = Self {
            seq: last_seq + 1,
            payment_id: change.after.id,
            action: change.action.to_owned(),
            actor: change.origin.actor.clone(),
            reason: change.reason,
            old_value: change.before.map(json),
            new_value: Some(json(change.after)),
            user_agent: change.origin.user_agent.clone(),
            ip_address: change.origin.ip_address.map(|address| address.to_string()),
            created_at: change.after.updated_at,
            hash: AuditHash::GENESIS,
        };
        entry.hash = entry.hash_after(last_hash);
        entry
    }
}

impl<Text: AsRef<str>> AuditEntry<Text> {
    /// Returns the hash that this row must have after a row with `last_hash`.
    pub fn hash_after(&self, last_hash: AuditHash) -> AuditHash {
        let mut hasher = Sha256::new();
        hasher.update(last_hash.0);
        hasher.update(self.seq.to_be_bytes());
        hasher.update(self.payment_id.0.as_bytes());
        hasher.update(self.created_at.timestamp_micros().to_be_bytes());
        let texts = [
            Some(&self.action),
            Some(&self.actor),
            self.reason.as_ref(),
            self.old_value.as_ref(),
            self.new_value.as_ref(),
            self.user_agent.as_ref(),
            self.ip_address.as_ref(),
        ];
        for text in texts {
            let text: Option<&str> = text.map(AsRef::as_ref);
            // Absent texts have length 0 and texts one more than their own, so an empty text differs from an absent one.
            let length = text.map_or(0, |text| u64::try_from(text.len()).unwrap_or(u64::MAX - 1) + 1);
            hasher.update(length.to_be_bytes());
            hasher.update(text.unwrap_or_default());
        }
        AuditHash(hasher.finalize().into())
    }
}

/// Verifies the chain row by row.
#[derive(Debug, Clone)]
pub struct ChainVerifier {
    last_seq: i64,
    last_hash: AuditHash,
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
    /// The row precedes the first row or follows the last row that the ledger wrote.
    #[error("not written by the ledger")]
    UnexpectedEntry,
}

impl Default for ChainVerifier {
    fn default() -> Self {
        Self { last_seq: 0, last_hash: AuditHash::GENESIS }
    }
}

impl ChainVerifier {
    /// Starts after a row with a trusted hash.
    pub const fn after(last_seq: i64, last_hash: AuditHash) -> Self {
        Self { last_seq, last_hash }
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
        self.last_seq = expected;
        self.last_hash = entry.hash;
        Ok(())
    }

    /// Compares the end of the chain with the ledger head.
    ///
    /// # Errors
    /// Returns the break if rows are missing at the end or the last hash differs.
    pub fn finish(&self, head_seq: i64, head_hash: AuditHash) -> Result<(), ChainBreak> {
        if self.last_seq < head_seq {
            return Err(ChainBreak { seq: self.last_seq + 1, error: ChainError::Missing });
        }
        if self.last_seq != head_seq || self.last_hash != head_hash {
            return Err(ChainBreak { seq: self.last_seq, error: ChainError::NotTheHead });
        }
        Ok(())
    }
}
