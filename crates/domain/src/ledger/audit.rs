//! The audit log: one hash chain over every change.
//!
//! The hash of a row is SHA-256 over the previous row's hash and the row's own fields. Each text follows its length,
//! so two different rows never have the same input. Changing, inserting, removing or swapping rows breaks the
//! hashes of all later rows.
//!
//! A personal value enters the hash as a commitment: SHA-256 over the salt of the row, the number of the field and the
//! value. Erasure replaces each value by its commitment and deletes the salt, so the hash remains the same. Without the
//! salt, a commitment cannot be compared with a guessed value.

use chrono::{DateTime, Utc};
use data_encoding::HEXLOWER;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{Digest, Effect, Origin, Subject};
use crate::payment::{PaymentFields, PaymentId};

/// The hash of an audit row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditHash(pub [u8; 32]);

impl AuditHash {
    /// The hash that precedes the first row.
    pub const GENESIS: Self = Self([0; 32]);
}

/// The random salt of the commitments of one row: 16 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditSalt(pub [u8; 16]);

/// The number of personal values of a row.
const PERSONAL_VALUES: usize = 5;

/// One audit row as stored. The action is a text, so that a manipulated row can still be read and reported.
///
/// `Text` is `&str` where the chain is verified, which then copies no text out of the database rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry<Text = String> {
    /// The number of the row, counted from 1 without gaps.
    pub seq: i64,
    /// The payment that changed, if the subject is a payment.
    pub payment_id: Option<PaymentId>,
    /// The type of the changed object, such as `payment` ([`Subject::type_name`]).
    pub subject_type: Text,
    /// The id of the changed object.
    pub subject_id: Text,
    /// The action, such as `PAYMENT_BOOKED` ([`super::Effect::audit_action`], [`super::KeyEffect::audit_action`]).
    pub action: Text,
    /// The actor.
    pub actor: Text,
    /// The salt of the personal values; `None` once they are erased.
    pub salt: Option<AuditSalt>,
    /// The reason. Personal, as all fields up to `ip_address`: once erased, each present value is its commitment.
    pub reason: Option<Text>,
    /// The subject before the change, as JSON.
    pub old_value: Option<Text>,
    /// The subject after the change, as JSON.
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
pub(super) struct AuditedChange<'a, State> {
    pub action: &'static str,
    pub subject: Subject,
    /// A state consists of texts, integers and timestamps, so serialising cannot fail.
    pub before: Option<&'a State>,
    pub after: &'a State,
    pub reason: Option<String>,
    pub origin: &'a Origin,
    pub changed_at: DateTime<Utc>,
    /// Sixteen random bytes.
    pub salt: Uuid,
}

impl AuditEntry {
    /// Creates the row that follows the row with the given number and hash.
    pub(super) fn append_after<State: Serialize>(
        last_seq: i64,
        last_hash: AuditHash,
        change: AuditedChange<'_, State>,
    ) -> Self {
        let json = |state: &State| serde_json::to_string(state).unwrap_or_default();
        let mut entry = Self {
            seq: last_seq + 1,
            payment_id: change.subject.payment_id(),
            subject_type: change.subject.type_name().to_owned(),
            subject_id: change.subject.id(),
            action: change.action.to_owned(),
            actor: change.origin.actor.clone(),
            salt: Some(AuditSalt(change.salt.into_bytes())),
            reason: change.reason,
            old_value: change.before.map(json),
            new_value: Some(json(change.after)),
            user_agent: change.origin.user_agent.clone(),
            ip_address: change.origin.ip_address.map(|address| address.to_string()),
            created_at: change.changed_at,
            hash: AuditHash::GENESIS,
        };
        entry.hash = entry.hash_after(last_hash);
        entry
    }

    /// Returns whether the row records the cancellation of a payment.
    pub fn is_cancellation(&self) -> bool {
        Some(self.action.as_str()) == Effect::Cancelled.audit_action()
    }

    /// Returns the payment before the change, unless there was none or the row is erased.
    pub fn payment_before(&self) -> Option<PaymentFields> {
        serde_json::from_str(self.old_value.as_deref()?).ok()
    }

    /// Replaces each personal value by its commitment, as 64 hexadecimal digits, and deletes the salt.
    ///
    /// The hash of the row remains valid. An erased row does not change.
    pub fn erase(&mut self) {
        let Some(salt) = self.salt.take() else { return };
        let values = [
            &mut self.reason,
            &mut self.old_value,
            &mut self.new_value,
            &mut self.user_agent,
            &mut self.ip_address,
        ];
        for (number, value) in (0..).zip(values) {
            *value = value.take().map(|text| HEXLOWER.encode(&commitment(salt, number, &text)));
        }
    }
}

impl<Text: AsRef<str>> AuditEntry<Text> {
    /// Returns whether the personal values are erased.
    pub const fn is_erased(&self) -> bool {
        self.salt.is_none()
    }

    /// Returns the hash that this row must have after a row with `last_hash`.
    pub fn hash_after(&self, last_hash: AuditHash) -> AuditHash {
        let mut hasher = Sha256::new();
        hasher.update(last_hash.0);
        hasher.update(self.seq.to_be_bytes());
        hasher.update(self.created_at.timestamp_micros().to_be_bytes());
        // No payment has the nil id.
        hasher.update(self.payment_id.unwrap_or(PaymentId::NIL).0.as_bytes());
        for text in [&self.subject_type, &self.subject_id, &self.action, &self.actor] {
            let text = text.as_ref();
            hasher.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
            hasher.update(text);
        }
        for (number, value) in (0..).zip(self.personal_values()) {
            // An absent value differs from an empty one.
            hasher.update([u8::from(value.is_some())]);
            hasher.update(value.map_or([0; 32], |text| self.commitment(number, text)));
        }
        AuditHash(hasher.finalize().into())
    }

    fn personal_values(&self) -> [Option<&str>; PERSONAL_VALUES] {
        [&self.reason, &self.old_value, &self.new_value, &self.user_agent, &self.ip_address]
            .map(|value| value.as_ref().map(AsRef::as_ref))
    }

    /// Returns the commitment of a stored value. A text that is no commitment yields zeros, which no value has.
    fn commitment(&self, number: u8, text: &str) -> Digest {
        match self.salt {
            Some(salt) => commitment(salt, number, text),
            None => HEXLOWER
                .decode(text.as_bytes())
                .ok()
                .and_then(|bytes| bytes.try_into().ok())
                .unwrap_or_default(),
        }
    }
}

/// Commits to a personal value. The number of the field makes equal values of a row differ.
fn commitment(salt: AuditSalt, number: u8, text: &str) -> Digest {
    Sha256::new().chain_update(salt.0).chain_update([number]).chain_update(text).finalize().into()
}
