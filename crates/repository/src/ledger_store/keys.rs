//! Reads and writes API keys inside a transaction of the ledger.

use chrono::{DateTime, Utc};
use hermes_domain::access::{KeyId, KeyRecord, StoredSecret};
use hermes_domain::ledger::KeyChange;
use hermes_domain::ports::StoreError;
use sea_orm::ActiveValue::Set;
use sea_orm::prelude::*;
use sea_orm::{Condition, DatabaseTransaction};

use super::changes::expect_one_row;
use crate::entity::{access_keys, access_secrets};
use crate::error::statement_error;

/// Finds a key.
pub(super) async fn find(
    transaction: &DatabaseTransaction,
    id: KeyId,
) -> Result<Option<KeyRecord>, StoreError> {
    let row =
        access_keys::Entity::find_by_id(id.to_string()).one(transaction).await.map_err(statement_error)?;
    row.map(TryInto::try_into).transpose()
}

/// Writes a change of a key.
pub(super) async fn write(transaction: &DatabaseTransaction, change: &KeyChange) -> Result<(), StoreError> {
    match change {
        KeyChange::Created { record, secret } => {
            let insert = access_keys::Entity::insert(access_keys::ActiveModel::from(record));
            insert.exec_without_returning(transaction).await.map_err(statement_error)?;
            insert_secret(transaction, secret).await
        }
        KeyChange::Rotated { secret, earlier_expire_at } => {
            expire_secrets(transaction, secret.key_id, *earlier_expire_at).await?;
            insert_secret(transaction, secret).await
        }
        KeyChange::Revoked { id, revoked_at } => revoke(transaction, *id, *revoked_at).await,
    }
}

async fn insert_secret(transaction: &DatabaseTransaction, secret: &StoredSecret) -> Result<(), StoreError> {
    access_secrets::Entity::insert(access_secrets::ActiveModel::from(secret))
        .exec_without_returning(transaction)
        .await
        .map_err(statement_error)?;
    Ok(())
}

/// Lets the secrets of a key expire, except those that expire sooner.
async fn expire_secrets(
    transaction: &DatabaseTransaction,
    id: KeyId,
    expires_at: DateTime<Utc>,
) -> Result<(), StoreError> {
    use access_secrets::Column;
    let expires_later =
        Condition::any().add(Column::ExpiresAt.is_null()).add(Column::ExpiresAt.gt(expires_at));
    access_secrets::Entity::update_many()
        .set(access_secrets::ActiveModel { expires_at: Set(Some(expires_at)), ..Default::default() })
        .filter(Column::KeyId.eq(id.as_str()))
        .filter(expires_later)
        .exec(transaction)
        .await
        .map_err(statement_error)?;
    Ok(())
}

async fn revoke(
    transaction: &DatabaseTransaction,
    id: KeyId,
    revoked_at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let updated = access_keys::Entity::update_many()
        .set(access_keys::ActiveModel { revoked_at: Set(Some(revoked_at)), ..Default::default() })
        .filter(access_keys::Column::Id.eq(id.as_str()))
        .exec(transaction)
        .await
        .map_err(statement_error)?;
    expect_one_row(updated.rows_affected, "the key to revoke is missing")
}
