//! Inserting many rows.

use hermes_domain::ports::StoreError;
use sea_orm::{DatabaseTransaction, EntityTrait, Iterable};

use super::chunk::{Limits, chunks};
use super::row::Row;
use crate::error::statement_error;

/// Inserts rows in few statements, none larger than the server takes.
pub(super) async fn insert<R: Row>(
    transaction: &DatabaseTransaction,
    packet_max: usize,
    rows: &[R],
) -> Result<(), StoreError> {
    let values_per_row = <R::Entity as EntityTrait>::Column::iter().count();
    for chunk in chunks(rows, Limits::of(values_per_row, packet_max), R::bytes_in_statement) {
        refuse_too_large(chunk, packet_max)?;
        R::Entity::insert_many(chunk.iter().map(R::values))
            .exec_without_returning(transaction)
            .await
            .map_err(statement_error)?;
    }
    Ok(())
}

/// A row that is larger than a packet is not sent: servers answer it by ending the connection, which looks like
/// a fault that will pass.
fn refuse_too_large<R: Row>(chunk: &[R], packet_max: usize) -> Result<(), StoreError> {
    match chunk {
        [row] if row.bytes_in_statement() >= packet_max => Err(StoreError::TooLarge(format!(
            "a row of {} bytes where the server takes {packet_max}",
            row.bytes_in_statement()
        ))),
        _ => Ok(()),
    }
}
