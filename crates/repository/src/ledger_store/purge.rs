//! Forgetting old idempotency records, a few at a time, so that the ledger never waits long for their locks.

use async_trait::async_trait;
use hermes_domain::ports::{IdempotencyStore, StoreError};
use sea_orm::prelude::*;
use sea_orm::{DatabaseConnection, QueryOrder, QuerySelect};

use super::SqlLedgerStore;
use crate::entity::idempotency_keys::{Column, Entity};
use crate::error::statement_error;

#[async_trait]
impl IdempotencyStore for SqlLedgerStore {
    async fn purge_idempotency(&self, before: DateTimeUtc, limit: u64) -> Result<u64, StoreError> {
        let work = move |connection: DatabaseConnection, slot| async move {
            let deleted = purge(&connection, before, limit).await.map_err(statement_error);
            drop(slot);
            deleted
        };
        self.database.writer.run(work).await
    }
}

/// Records never change, so what was old when it was asked for is still old when it is deleted.
async fn purge(connection: &DatabaseConnection, before: DateTimeUtc, limit: u64) -> Result<u64, DbErr> {
    let old: Vec<Vec<u8>> = Entity::find()
        .select_only()
        .column(Column::ScopeHash)
        .filter(Column::CreatedAt.lt(before))
        .order_by_asc(Column::CreatedAt)
        .limit(limit)
        .into_tuple()
        .all(connection)
        .await?;
    if old.is_empty() {
        return Ok(0);
    }
    let deleted = Entity::delete_many().filter(Column::ScopeHash.is_in(old)).exec(connection).await?;
    Ok(deleted.rows_affected)
}
