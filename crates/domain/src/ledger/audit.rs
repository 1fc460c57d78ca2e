//! The audit log: one hash chain over every change.
//!
//! The hash of a row is SHA-256 over the hash of the row before it and the row's own fields, each with its
//! length in front, so that no two rows have the same input. Whoever changes, inserts, removes or swaps a row
//! breaks every hash from there on.

use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};

use super::{Effect, Origin};
use crate::payment::{Payment, PaymentId};

/// The hash of an audit row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditHash(pub [u8; 32]);

impl AuditHash {
    /// The hash before the first row.
    pub const GENESIS: Self = Self([0; 32]);
}

/// What was done, in the words of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditAction {
    /// A payment was booked.
    Booked,
    /// A payment was corrected.
    Corrected,
    /// A payment was cancelled.
    Cancelled,
}

impl AuditAction {
    /// The action of an effect, when it is one.
    pub const fn of_effect(effect: Effect) -> Option<Self> {
        match effect {
            Effect::Booked => Some(Self::Booked),
            Effect::Corrected => Some(Self::Corrected),
            Effect::Cancelled => Some(Self::Cancelled),
            Effect::Unchanged => None,
        }
    }

    /// The word used from SQL to HTML.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Booked => "PAYMENT_BOOKED",
            Self::Corrected => "PAYMENT_CORRECTED",
            Self::Cancelled => "PAYMENT_CANCELLED",
        }
    }
}

/// One row of the log, as it is stored: the action stays a text, so that a row that somebody has changed can
/// still be read and told.
///
/// Its texts are its own, or those of the row it was read from: a walk along the chain keeps none of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry<Text = String> {
    /// Its number, from 1, without gaps.
    pub seq: i64,
    /// The payment that was changed.
    pub payment_id: PaymentId,
    /// What was done: an [`AuditAction`]'s code.
    pub action: Text,
    /// Who did it.
    pub actor: Text,
    /// Why.
    pub reason: Option<Text>,
    /// The payment before, as JSON.
    pub old_value: Option<Text>,
    /// The payment after, as JSON.
    pub new_value: Option<Text>,
    /// The program that asked for it.
    pub user_agent: Option<Text>,
    /// The address it was asked from.
    pub ip_address: Option<Text>,
    /// When.
    pub created_at: DateTime<Utc>,
    /// The hash over the row before and this one.
    pub hash: AuditHash,
}

/// What a row is made from.
pub(super) struct Audited<'a> {
    pub action: AuditAction,
    pub before: Option<&'a Payment>,
    pub after: &'a Payment,
    pub reason: Option<String>,
    pub origin: &'a Origin,
}

impl AuditEntry {
    /// Makes the row that follows one with the given number and hash.
    pub(super) fn append_after(last_seq: i64, last_hash: AuditHash, audited: Audited<'_>) -> Self {
        // A payment is texts, integers and instants: serialising one cannot fail.
        let json = |payment: &Payment| serde_json::to_string(payment).unwrap_or_default();
        let mut entry = Self {
            seq: last_seq + 1,
            payment_id: audited.after.id,
            action: audited.action.as_str().to_owned(),
            actor: audited.origin.actor.clone(),
            reason: audited.reason,
            old_value: audited.before.map(json),
            new_value: Some(json(audited.after)),
            user_agent: audited.origin.user_agent.clone(),
            ip_address: audited.origin.ip_address.map(|address| address.to_string()),
            created_at: audited.after.updated_at,
            hash: AuditHash::GENESIS,
        };
        entry.hash = entry.hash_after(last_hash);
        entry
    }
}

impl<Text: AsRef<str>> AuditEntry<Text> {
    /// The hash this row must have after a row with the given one.
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
            // The length is one more than that of the text, so that none differs from an empty one.
            let length = text.map_or(0, |text| u64::try_from(text.len()).unwrap_or(u64::MAX - 1) + 1);
            hasher.update(length.to_be_bytes());
            hasher.update(text.unwrap_or_default());
        }
        AuditHash(hasher.finalize().into())
    }
}

/// A walk along the chain, row by row.
#[derive(Debug, Clone)]
pub struct ChainVerifier {
    last_seq: i64,
    last_hash: AuditHash,
}

/// The first row that is not as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("audit row {seq}: {fault}")]
pub struct ChainBreak {
    /// The row.
    pub seq: i64,
    /// What is wrong with it.
    pub fault: ChainError,
}

/// What is wrong with a row of the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// The row is not there.
    #[error("missing")]
    Missing,
    /// The row, or the hash it follows, was changed.
    #[error("changed since it was written")]
    Changed,
    /// The ledger's head does not know the row.
    #[error("not the row that the ledger's head ends with")]
    NotTheHead,
    /// The row stands before the first or after the last one that the ledger wrote.
    #[error("not one that the ledger wrote")]
    UnexpectedEntry,
}

impl Default for ChainVerifier {
    fn default() -> Self {
        Self { last_seq: 0, last_hash: AuditHash::GENESIS }
    }
}

impl ChainVerifier {
    /// Starts after a row whose hash is trusted.
    pub const fn after(last_seq: i64, last_hash: AuditHash) -> Self {
        Self { last_seq, last_hash }
    }

    /// The number of the last row walked.
    pub const fn last_seq(&self) -> i64 {
        self.last_seq
    }

    /// Takes the next row.
    ///
    /// # Errors
    /// When it is not the row that was written there.
    pub fn step<Text: AsRef<str>>(&mut self, entry: &AuditEntry<Text>) -> Result<(), ChainBreak> {
        let expected = self.last_seq + 1;
        if entry.seq != expected {
            return Err(ChainBreak { seq: expected, fault: ChainError::Missing });
        }
        if entry.hash_after(self.last_hash) != entry.hash {
            return Err(ChainBreak { seq: expected, fault: ChainError::Changed });
        }
        self.last_seq = expected;
        self.last_hash = entry.hash;
        Ok(())
    }

    /// Ends the walk at what the ledger's head says of the chain.
    ///
    /// # Errors
    /// When rows are missing at the end, or the last hash is another.
    pub fn finish(&self, head_seq: i64, head_hash: AuditHash) -> Result<(), ChainBreak> {
        if self.last_seq < head_seq {
            return Err(ChainBreak { seq: self.last_seq + 1, fault: ChainError::Missing });
        }
        if self.last_seq != head_seq || self.last_hash != head_hash {
            return Err(ChainBreak { seq: self.last_seq, fault: ChainError::NotTheHead });
        }
        Ok(())
    }
}
