//! Inserting many rows.

use hermes_domain::ports::StoreError;
use sea_orm::{DatabaseTransaction, EntityTrait};

use super::chunk::chunks;
use super::row::Row;
use crate::error::statement_error;

/// Inserts rows in as few statements as stay small.
pub(super) async fn insert<R: Row>(transaction: &DatabaseTransaction, rows: &[R]) -> Result<(), StoreError> {
    for chunk in chunks(rows, R::bytes_in_statement) {
        R::Entity::insert_many(chunk.iter().map(R::values))
            .exec_without_returning(transaction)
            .await
            .map_err(statement_error)?;
    }
    Ok(())
}
