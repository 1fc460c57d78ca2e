//! The keys of an installation, and the check of a presented key.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{ApiKey, KeyId, OPEN_ACTOR, Scope, ScopeSet, SecretDigest};

/// The longest name of a key, in characters.
pub const KEY_NAME_MAX: usize = 100;

/// A key as stored: everything except its secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRecord {
    /// The id.
    pub id: KeyId,
    /// The name, for people.
    pub name: Arc<str>,
    /// The scopes.
    pub scopes: ScopeSet,
    /// The actor that created the key.
    pub created_by: String,
    /// The time of creation.
    pub created_at: DateTime<Utc>,
    /// The time from which the key is invalid; `None` means never.
    pub expires_at: Option<DateTime<Utc>>,
    /// The time of revocation.
    pub revoked_at: Option<DateTime<Utc>>,
}

impl KeyRecord {
    /// Returns whether the key is neither revoked nor expired at a time.
    pub fn is_usable(&self, now: DateTime<Utc>) -> bool {
        self.revoked_at.is_none() && is_before(now, self.expires_at)
    }
}

/// The stand-in for the secret of an unknown key. No known secret has this digest.
const UNKNOWN: [StoredSecret; 1] =
    [StoredSecret { key_id: KeyId::NIL, digest: SecretDigest([0; 32]), expires_at: None }];

/// A secret of a key. During a rotation, a key has two.
#[derive(Debug, Clone, Copy)]
pub struct StoredSecret {
    /// The key.
    pub key_id: KeyId,
    /// The digest of the secret.
    pub digest: SecretDigest,
    /// The time from which the secret is invalid; `None` means as long as the key is valid.
    pub expires_at: Option<DateTime<Utc>>,
}

/// The party that sends a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// Anyone: the installation has no key yet and is open to this machine.
    Open,
    /// The holder of a key.
    Key(Arc<KeyRecord>),
}

impl Principal {
    /// Returns whether the principal has a scope.
    pub fn has(&self, scope: Scope) -> bool {
        match self {
            Self::Open => true,
            Self::Key(key) => key.scopes.contains(scope),
        }
    }

    /// Returns the actor in the audit log: `open`, or `key:<id> <name>`.
    pub fn actor(&self) -> String {
        match self {
            Self::Open => OPEN_ACTOR.to_owned(),
            Self::Key(key) => format!("key:{} {}", key.id, key.name),
        }
    }
}

/// Every key at one number of `ledger_head.access_seq`.
#[derive(Debug, Clone, Default)]
pub struct KeyTable {
    access_seq: i64,
    keys: HashMap<KeyId, Entry>,
}

#[derive(Debug, Clone)]
struct Entry {
    record: Arc<KeyRecord>,
    secrets: Vec<StoredSecret>,
}

impl KeyTable {
    /// Creates the table from the stored rows.
    pub fn new(access_seq: i64, records: Vec<KeyRecord>, secrets: Vec<StoredSecret>) -> Self {
        let mut keys: HashMap<KeyId, Entry> = records
            .into_iter()
            .map(|record| (record.id, Entry { record: Arc::new(record), secrets: Vec::new() }))
            .collect();
        for secret in secrets {
            if let Some(entry) = keys.get_mut(&secret.key_id) {
                entry.secrets.push(secret);
            }
        }
        Self { access_seq, keys }
    }

    /// Returns the number of changes of keys that the table includes.
    pub const fn access_seq(&self) -> i64 {
        self.access_seq
    }

    /// Returns whether a key was ever created. An installation that had keys stays closed after their revocation.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Returns the keys, oldest first.
    pub fn records(&self) -> Vec<Arc<KeyRecord>> {
        let mut records: Vec<_> = self.keys.values().map(|entry| Arc::clone(&entry.record)).collect();
        records.sort_by_key(|record| (record.created_at, record.id));
        records
    }

    /// Finds a key by its id.
    pub fn find(&self, id: KeyId) -> Option<&Arc<KeyRecord>> {
        self.keys.get(&id).map(|entry| &entry.record)
    }

    /// Verifies a presented key at a time. Returns `None` if the key is unknown, revoked or expired, or if the secret is
    /// wrong.
    ///
    /// The duration does not depend on the reason: an unknown id is compared with a digest that no secret has.
    pub fn verify(&self, presented: &ApiKey, now: DateTime<Utc>) -> Option<Arc<KeyRecord>> {
        let digest = presented.digest();
        let entry = self.keys.get(&presented.id());
        let secrets = entry.map_or(&UNKNOWN[..], |entry| entry.secrets.as_slice());
        let matches = |secret: &StoredSecret| secret.digest.matches(&digest);
        // Every secret is compared, so that the duration does not show which one is right.
        let is_valid = secrets
            .iter()
            .fold(false, |is_valid, secret| is_valid | (matches(secret) & is_before(now, secret.expires_at)));
        let record = &entry?.record;
        (is_valid && record.is_usable(now)).then(|| Arc::clone(record))
    }
}

fn is_before(now: DateTime<Utc>, end: Option<DateTime<Utc>>) -> bool {
    end.is_none_or(|end| now < end)
}
