//! An audit row, and its hash in the chains of both releases.

use sea_orm::prelude::DateTimeUtc;
use sea_orm::{DbErr, QueryResult};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{at, hash};

pub(crate) type Hash = [u8; 32];
pub(crate) type Salt = [u8; 16];

/// A row of the audit log.
pub(crate) struct Row {
    pub(crate) seq: i64,
    pub(crate) payment_id: Uuid,
    pub(crate) subject: [String; 2],
    pub(crate) action: String,
    pub(crate) actor: String,
    /// Reason, old value, new value, user agent and IP address.
    pub(crate) personal: [Option<String>; 5],
    pub(crate) created_at: DateTimeUtc,
    pub(crate) hash: Hash,
}

impl Row {
    /// Reads a row of an earlier release, whose subject is a payment.
    pub(crate) fn read(row: &QueryResult) -> Result<Self, DbErr> {
        let payment_id: Uuid = at(row, 1)?;
        Ok(Self {
            seq: at(row, 0)?,
            payment_id,
            subject: ["payment".to_owned(), payment_id.simple().to_string()],
            action: at(row, 2)?,
            actor: at(row, 3)?,
            personal: [at(row, 4)?, at(row, 5)?, at(row, 6)?, at(row, 7)?, at(row, 8)?],
            created_at: at(row, 9)?,
            hash: hash(row, 10)?,
        })
    }

    /// Returns the hash of the earlier release, which contains the personal values.
    pub(crate) fn old_hash_after(&self, last_hash: Hash) -> Hash {
        let mut hasher = Sha256::new();
        hasher.update(last_hash);
        hasher.update(self.seq.to_be_bytes());
        hasher.update(self.payment_id.as_bytes());
        hasher.update(self.created_at.timestamp_micros().to_be_bytes());
        let names = [Some(&self.action), Some(&self.actor)];
        for text in names.into_iter().chain(self.personal.iter().map(Option::as_ref)) {
            hasher.update(text.map_or(0, |text| length(text) + 1).to_be_bytes());
            hasher.update(text.map(String::as_str).unwrap_or_default());
        }
        hasher.finalize().into()
    }

    /// Returns the hash that contains commitments to the personal values.
    pub(crate) fn new_hash_after(&self, last_hash: Hash, salt: Salt) -> Hash {
        let mut hasher = Sha256::new();
        hasher.update(last_hash);
        hasher.update(self.seq.to_be_bytes());
        hasher.update(self.created_at.timestamp_micros().to_be_bytes());
        hasher.update(self.payment_id.as_bytes());
        let [subject_type, subject_id] = &self.subject;
        for text in [subject_type, subject_id, &self.action, &self.actor] {
            hasher.update(length(text).to_be_bytes());
            hasher.update(text);
        }
        for (number, value) in (0_u8..).zip(&self.personal) {
            hasher.update([u8::from(value.is_some())]);
            let commit = |text| Sha256::new().chain_update(salt).chain_update([number]).chain_update(text);
            let commitment: Hash = value.as_ref().map_or([0; 32], |text| commit(text).finalize().into());
            hasher.update(commitment);
        }
        hasher.finalize().into()
    }
}

fn length(text: &str) -> u64 {
    u64::try_from(text.len()).unwrap_or(u64::MAX - 1)
}
