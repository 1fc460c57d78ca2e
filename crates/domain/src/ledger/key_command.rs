//! Commands that create, rotate and revoke API keys.
//!
//! The caller generates the secret and shows it once. A command contains only its digest, so the ledger never has the
//! secret. A replay could therefore not return the key again, and these commands take no idempotency key. If the outcome
//! of a creation is unknown, the caller lists the keys, revokes the one without a known secret, and creates another.

use chrono::{DateTime, TimeDelta, Utc};

use crate::access::{ApiKey, KEY_NAME_MAX, KeyId, ScopeSet, SecretDigest};
use crate::field::{FieldError, ValidationCode};
use crate::parse_text;

/// The longest time that the earlier secrets of a rotated key remain valid, in days.
pub const KEY_ROTATION_DAYS_MAX: u8 = 7;

/// The longest time from the creation of a key to its expiry, in days: ten years.
pub const KEY_LIFETIME_DAYS_MAX: u16 = 3_650;

/// A change of an API key.
#[derive(Debug, Clone)]
pub enum KeyCommand {
    /// Creates a key.
    Create(NewKey),
    /// Adds a secret to a key. Its earlier secrets expire.
    Rotate(KeyRotation),
    /// Revokes a key for ever.
    Revoke(KeyId),
}

impl KeyCommand {
    /// Returns the id of the key.
    pub const fn key_id(&self) -> KeyId {
        match self {
            Self::Create(key) => key.id,
            Self::Rotate(rotation) => rotation.id,
            Self::Revoke(id) => *id,
        }
    }

    pub(super) fn text_bytes(&self) -> usize {
        match self {
            Self::Create(key) => key.name.len() + key.scopes.to_string().len(),
            Self::Rotate(_) | Self::Revoke(_) => 0,
        }
    }
}

/// A key to create.
#[derive(Debug, Clone)]
pub struct NewKey {
    pub(super) id: KeyId,
    pub(super) digest: SecretDigest,
    pub(super) name: String,
    pub(super) scopes: ScopeSet,
    pub(super) expires_at: Option<DateTime<Utc>>,
}

impl NewKey {
    /// Validates the properties of a new key. The decision checks the expiry, because it knows the time.
    ///
    /// # Errors
    /// Returns every error: a name that is empty, exceeds [`KEY_NAME_MAX`] characters or breaks the rules of texts, and an
    /// empty set of scopes.
    pub fn new(
        key: &ApiKey,
        name: &str,
        scopes: ScopeSet,
        expires_at: Option<DateTime<Utc>>,
    ) -> Result<Self, Vec<FieldError>> {
        let required = |field, detail| FieldError::new(field, ValidationCode::Required, detail);
        let no_name = || required("name", "give the key a name, such as the program that uses it");
        let name = parse_text("name", name, KEY_NAME_MAX).and_then(|name| name.ok_or_else(no_name));
        let no_scope = scopes.is_empty().then(|| required("scopes", "give the key at least one scope"));
        match (name, no_scope) {
            (Ok(name), None) => Ok(Self {
                id: key.id(),
                digest: key.digest(),
                name,
                scopes,
                expires_at: expires_at.map(in_micros),
            }),
            (name, no_scope) => Err(name.err().into_iter().chain(no_scope).collect()),
        }
    }
}

/// A rotation: the new secret of a key, and the time that the earlier ones remain valid.
#[derive(Debug, Clone)]
pub struct KeyRotation {
    pub(super) id: KeyId,
    pub(super) digest: SecretDigest,
    pub(super) overlap: TimeDelta,
}

/// An overlap that is negative or exceeds [`KEY_ROTATION_DAYS_MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the earlier secrets of a key expire within {KEY_ROTATION_DAYS_MAX} days")]
pub struct InvalidOverlap;

impl KeyRotation {
    /// Creates the rotation to a key with the same id and a new secret. The earlier secrets expire after `overlap`.
    ///
    /// # Errors
    /// If the overlap is negative or exceeds [`KEY_ROTATION_DAYS_MAX`].
    pub fn new(key: &ApiKey, overlap: TimeDelta) -> Result<Self, InvalidOverlap> {
        let max = TimeDelta::days(i64::from(KEY_ROTATION_DAYS_MAX));
        if overlap < TimeDelta::zero() || overlap > max {
            return Err(InvalidOverlap);
        }
        Ok(Self { id: key.id(), digest: key.digest(), overlap })
    }
}

/// Databases store microseconds.
fn in_micros(time: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(time.timestamp_micros()).unwrap_or(time)
}
