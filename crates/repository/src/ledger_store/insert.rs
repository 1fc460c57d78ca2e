//! Inserts and upserts many rows with few statements.
//!
//! One statement inserts 64 rows, or the remainder. If these rows do not fit into a packet of the server, the statement
//! inserts half as many, and so on down to a single row.

use hermes_domain::ports::StoreError;
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, EntityName, EntityTrait,
    IdenStatic, Iterable, Statement, Value,
};

use super::insert_row::{InsertRow, KeyOrigin};
use crate::error::{is_unique_violation, statement_error};

/// Inserts rows. No statement is larger than `max_packet` bytes.
pub(super) async fn insert<R: InsertRow>(
    transaction: &DatabaseTransaction,
    max_packet: usize,
    rows: &[R],
) -> Result<(), StoreError> {
    for chunk in chunks(rows, R::ROWS_PER_STATEMENT, max_value_bytes(max_packet), R::statement_bytes) {
        reject_too_large(chunk, max_packet)?;
        transaction.execute_raw(statement(transaction, chunk)?).await.map_err(insert_error::<R>)?;
    }
    Ok(())
}

/// Inserts rows, or replaces the rows with the same `key`. The columns in `constants` keep their stored values.
pub(super) async fn upsert<R: InsertRow>(
    transaction: &DatabaseTransaction,
    max_packet: usize,
    rows: &[R],
    key: &[<R::Entity as EntityTrait>::Column],
    constants: &[<R::Entity as EntityTrait>::Column],
) -> Result<(), StoreError> {
    let backend = transaction.get_database_backend();
    let replacement =
        replacement::<R::Entity>(backend, &names::<R::Entity>(key), &names::<R::Entity>(constants));
    for chunk in chunks(rows, R::ROWS_PER_STATEMENT, max_value_bytes(max_packet), R::statement_bytes) {
        reject_too_large(chunk, max_packet)?;
        let mut statement = statement(transaction, chunk)?;
        statement.sql.push_str(&replacement);
        transaction.execute_raw(statement).await.map_err(insert_error::<R>)?;
    }
    Ok(())
}

fn names<E: EntityTrait>(columns: &[E::Column]) -> Vec<&'static str> {
    columns.iter().map(IdenStatic::as_str).collect()
}

/// Returns the clause that replaces a stored row.
fn replacement<E: EntityTrait>(backend: DbBackend, key: &[&str], constants: &[&str]) -> String {
    let replaced = E::Column::iter().map(|column| column.as_str());
    let replaced = replaced.filter(|name| !key.contains(name) && !constants.contains(name));
    match backend {
        DbBackend::Sqlite => {
            let assignments: Vec<_> = replaced.map(|name| format!("`{name}` = excluded.`{name}`")).collect();
            let key: Vec<_> = key.iter().map(|name| format!("`{name}`")).collect();
            format!(" ON CONFLICT ({}) DO UPDATE SET {}", key.join(", "), assignments.join(", "))
        }
        _ => {
            let assignments: Vec<_> = replaced.map(|name| format!("`{name}` = VALUES(`{name}`)")).collect();
            format!(" ON DUPLICATE KEY UPDATE {}", assignments.join(", "))
        }
    }
}

/// Returns the bytes of a packet that values may use. A quarter is left for the text of the statement.
pub(super) const fn max_value_bytes(max_packet: usize) -> usize {
    max_packet / 4 * 3
}

/// Splits rows into chunks of at most `max_rows` rows and `max_bytes` bytes. A single row may be larger.
fn chunks<R>(
    rows: &[R],
    max_rows: usize,
    max_bytes: usize,
    bytes: impl Fn(&R) -> usize,
) -> impl Iterator<Item = &[R]> {
    let mut rest = rows;
    std::iter::from_fn(move || {
        let mut len = rest.len().min(max_rows);
        while len > 1 && rest.iter().take(len).map(&bytes).sum::<usize>() > max_bytes {
            len /= 2;
        }
        let (chunk, after) = rest.split_at_checked(len)?;
        rest = after;
        (!chunk.is_empty()).then_some(chunk)
    })
}

/// Builds the statement of a chunk. The text depends only on the table and the number of rows.
///
/// SeaORM's builder would create an expression for every value and write each one separately.
fn statement<R: InsertRow>(transaction: &DatabaseTransaction, chunk: &[R]) -> Result<Statement, StoreError> {
    let backend = transaction.get_database_backend();
    let values: Vec<Value> = chunk.iter().flat_map(values).collect::<Option<_>>().ok_or_else(|| {
        StoreError::Internal(format!("a row of {} lacks a value", R::Entity::default().table_name()))
    })?;
    Ok(Statement::from_sql_and_values(backend, sql::<R::Entity>(chunk.len()), values))
}

/// Returns the text of an INSERT of `rows` rows. Every database accepts these quotes.
fn sql<E: EntityTrait>(rows: usize) -> String {
    let columns: Vec<String> = E::Column::iter().map(|column| format!("`{}`", column.as_str())).collect();
    let row = format!("({})", vec!["?"; columns.len()].join(", "));
    format!(
        "INSERT INTO `{}` ({}) VALUES {}",
        E::default().table_name(),
        columns.join(", "),
        vec![row.as_str(); rows].join(", ")
    )
}

/// Returns the values of a row in the order of the columns. `None` is a value that is not set.
fn values<R: InsertRow>(row: &R) -> impl Iterator<Item = Option<Value>> {
    let mut model = row.active_model();
    <R::Entity as EntityTrait>::Column::iter().map(move |column| model.take(column).into_value())
}

/// Rejects a single row that is larger than a packet.
///
/// A server closes the connection on such a packet, which would look like a transient error.
fn reject_too_large<R: InsertRow>(chunk: &[R], max_packet: usize) -> Result<(), StoreError> {
    match chunk {
        [row] if row.statement_bytes() >= max_packet => Err(StoreError::TooLarge(format!(
            "a row has {} bytes, but max_allowed_packet is {max_packet}",
            row.statement_bytes()
        ))),
        _ => Ok(()),
    }
}

/// Maps an error of an INSERT. The origin of the key decides what a unique violation means.
fn insert_error<R: InsertRow>(error: DbErr) -> StoreError {
    let is_unique_violation = is_unique_violation(&error);
    match statement_error(error) {
        StoreError::Rejected(message) if is_unique_violation => {
            // MariaDB names every primary key PRIMARY, so the message gets the name of the table.
            let message = format!("{}: {message}", R::Entity::default().table_name());
            match R::key_origin(&message) {
                KeyOrigin::Sequence => {
                    StoreError::Unavailable(format!("the ledger head is behind its rows: {message}"))
                }
                KeyOrigin::Random => StoreError::Transient(message),
            }
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::chunks;

    const MAX_BYTES: usize = 1_024;

    fn lengths(sizes: &[usize]) -> Vec<usize> {
        chunks(sizes, 64, MAX_BYTES, |size| *size).map(<[usize]>::len).collect()
    }

    #[test]
    fn rows_are_split_into_chunks_of_64_and_a_remainder() {
        assert_eq!(lengths(&[1; 256]), [64, 64, 64, 64]);
        assert_eq!(lengths(&[1; 65]), [64, 1]);
        assert_eq!(lengths(&[1; 7]), [7]);
        assert!(lengths(&[]).is_empty());
    }

    #[test]
    fn a_chunk_is_halved_until_it_fits_into_a_packet() {
        assert_eq!(lengths(&[MAX_BYTES / 32; 70]), [32, 19, 19]);
        assert_eq!(lengths(&[1, MAX_BYTES + 1, 1]), [1, 1, 1]);
    }

    #[test]
    fn every_row_is_in_one_chunk_in_the_original_order() {
        let rows: Vec<usize> = (0..1000).collect();
        let seen: Vec<usize> = chunks(&rows, 64, MAX_BYTES, |row| row % 700).flatten().copied().collect();
        assert_eq!(seen, rows);
    }
}
