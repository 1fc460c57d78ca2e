//! Rows of API keys and their secrets.

use std::sync::Once;

use hermes_domain::access::{KeyId, KeyRecord, Scope, ScopeSet, SecretDigest, StoredSecret};
use hermes_domain::ports::StoreError;
use sea_orm::ActiveValue::Set;

use super::{corrupt, digest};
use crate::entity::{access_keys, access_secrets};

const KEY: &str = "key";

/// Parses the id of a row. The error does not repeat the text, which may be anything.
pub(crate) fn key_id(text: &str) -> Result<KeyId, StoreError> {
    KeyId::parse(text).ok_or_else(|| corrupt(KEY, "with an invalid", "id"))
}

/// Whether an unknown scope was logged. One line is enough for a process.
static UNKNOWN_SCOPE_LOGGED: Once = Once::new();

/// Returns the scopes that this version knows. During an upgrade, a later version may have granted others.
fn known_scopes(key: KeyId, names: &str) -> ScopeSet {
    let known: ScopeSet = names.split_whitespace().filter_map(Scope::find).collect();
    if known.iter().count() < names.split_whitespace().count() {
        UNKNOWN_SCOPE_LOGGED.call_once(|| {
            log::warn!("key {key} has scopes that this version does not know; it grants only the others");
        });
    }
    known
}

impl TryFrom<access_keys::Model> for KeyRecord {
    type Error = StoreError;

    fn try_from(row: access_keys::Model) -> Result<Self, StoreError> {
        let id = key_id(&row.id)?;
        Ok(Self {
            id,
            name: row.name.into(),
            scopes: known_scopes(id, &row.scopes),
            created_by: row.created_by,
            created_at: row.created_at,
            expires_at: row.expires_at,
            revoked_at: row.revoked_at,
        })
    }
}

impl From<&KeyRecord> for access_keys::ActiveModel {
    fn from(key: &KeyRecord) -> Self {
        Self {
            id: Set(key.id.to_string()),
            name: Set(key.name.to_string()),
            scopes: Set(key.scopes.to_string()),
            created_by: Set(key.created_by.clone()),
            created_at: Set(key.created_at),
            expires_at: Set(key.expires_at),
            revoked_at: Set(key.revoked_at),
        }
    }
}

impl TryFrom<access_secrets::Model> for StoredSecret {
    type Error = StoreError;

    fn try_from(row: access_secrets::Model) -> Result<Self, StoreError> {
        let key_id = key_id(&row.key_id)?;
        let digest = SecretDigest(digest(&row.digest, "secret of key", key_id, "digest")?);
        Ok(Self { key_id, digest, expires_at: row.expires_at })
    }
}

impl From<&StoredSecret> for access_secrets::ActiveModel {
    fn from(secret: &StoredSecret) -> Self {
        Self {
            key_id: Set(secret.key_id.to_string()),
            digest: Set(secret.digest.0.to_vec()),
            expires_at: Set(secret.expires_at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_of_a_later_version_is_ignored() {
        let id = KeyId::parse("0000000000").unwrap();
        assert_eq!(
            known_scopes(id, "bookings:read refunds:write ops:read").to_string(),
            "bookings:read ops:read"
        );
        assert!(known_scopes(id, "refunds:write").is_empty());
    }
}
