//! Rows of API keys and their secrets.

use hermes_domain::access::{KeyId, KeyRecord, ScopeSet, SecretDigest, StoredSecret};
use hermes_domain::ports::StoreError;
use sea_orm::ActiveValue::Set;

use super::{corrupt, digest};
use crate::entity::{access_keys, access_secrets};

const KEY: &str = "key";

/// Parses the id of a row. The error does not repeat the text, which may be anything.
pub(crate) fn key_id(text: &str) -> Result<KeyId, StoreError> {
    KeyId::parse(text).ok_or_else(|| corrupt(KEY, "with an invalid", "id"))
}

impl TryFrom<access_keys::Model> for KeyRecord {
    type Error = StoreError;

    fn try_from(row: access_keys::Model) -> Result<Self, StoreError> {
        let id = key_id(&row.id)?;
        Ok(Self {
            id,
            name: row.name.into(),
            scopes: ScopeSet::parse(&row.scopes).map_err(|_| corrupt(KEY, id, "scopes"))?,
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
