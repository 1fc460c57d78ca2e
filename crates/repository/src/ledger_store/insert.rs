//! Inserting many rows.

use hermes_domain::ports::StoreError;
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DatabaseTransaction, EntityName, EntityTrait, IdenStatic, Iterable,
    Statement, Value,
};

use super::chunk::{Limits, chunks};
use super::row::Row;
use super::unique_violation::insert_error;

/// Inserts rows in few statements, none larger than the server takes.
pub(super) async fn insert<R: Row>(
    transaction: &DatabaseTransaction,
    packet_max: usize,
    rows: &[R],
) -> Result<(), StoreError> {
    let values_per_row = <R::Entity as EntityTrait>::Column::iter().count();
    for chunk in chunks(rows, Limits::of(values_per_row, packet_max), R::bytes_in_statement) {
        refuse_too_large(chunk, packet_max)?;
        transaction.execute_raw(statement(transaction, chunk)?).await.map_err(insert_error::<R>)?;
    }
    Ok(())
}

/// The statement of a chunk. SeaORM's builder makes an expression of every value and writes them out one by one;
/// here the text depends on nothing but the number of rows.
fn statement<R: Row>(transaction: &DatabaseTransaction, chunk: &[R]) -> Result<Statement, StoreError> {
    let backend = transaction.get_database_backend();
    let values: Vec<Value> = chunk.iter().flat_map(values_of).collect::<Option<_>>().ok_or_else(|| {
        let table = R::Entity::default();
        StoreError::Internal(format!("a row of {} lacks a value", table.table_name()))
    })?;
    Ok(Statement::from_sql_and_values(backend, sql::<R::Entity>(chunk.len()), values))
}

/// The text of an INSERT of so many whole rows; the quotes are understood by every database.
fn sql<E: EntityTrait>(rows: usize) -> String {
    let columns: Vec<String> = E::Column::iter().map(|column| format!("`{}`", column.as_str())).collect();
    let row = format!("({})", vec!["?"; columns.len()].join(", "));
    let table = E::default();
    format!(
        "INSERT INTO `{}` ({}) VALUES {}",
        table.table_name(),
        columns.join(", "),
        vec![row.as_str(); rows].join(", ")
    )
}

/// The values of a row in the order of its columns; nothing for one that is not set, which no row has.
fn values_of<R: Row>(row: &R) -> impl Iterator<Item = Option<Value>> {
    let mut model = row.values();
    <R::Entity as EntityTrait>::Column::iter().map(move |column| model.take(column).into_value())
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
