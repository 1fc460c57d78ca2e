//! Decodes columns by their position in the row: payments and checks of a list, and audit rows that are verified.
//!
//! **Measurement** (`docs/benchmarks.md`): a rebuild of the list of 1,000 payments (5,000 rows) takes 1.00 of the time
//! of the bare SQL select on MariaDB and 0.95 on MySQL. With SeaORM models and without the range read of the checks, it
//! took 2.21 and 1.90. `hermes audit verify` reads 225,000 instead of 110,000 rows per second. A position needs no
//! lookup of a name, and a text can be borrowed from the driver's row.
//!
//! Callers pass the discriminant of an entity's `Column`. The discriminants follow the order of declaration, and
//! `Entity::find()` selects the columns in the same order.

use sea_orm::QueryResult;
use sea_orm::sqlx::{Decode, MySql, Row as _, Sqlite, Type};

/// A type that the drivers of all databases decode.
pub(super) trait ColumnValue<'r>:
    Decode<'r, MySql> + Type<MySql> + Decode<'r, Sqlite> + Type<Sqlite>
{
}

impl<'r, T> ColumnValue<'r> for T where T: Decode<'r, MySql> + Type<MySql> + Decode<'r, Sqlite> + Type<Sqlite> {}

/// Decodes the column at `position`, or returns `None` if its value has another type.
pub(super) fn decode<'r, T: ColumnValue<'r>>(row: &'r QueryResult, position: usize) -> Option<T> {
    match (row.try_as_mysql_row(), row.try_as_sqlite_row()) {
        (Some(row), _) => row.try_get(position).ok(),
        (_, Some(row)) => row.try_get(position).ok(),
        (None, None) => None,
    }
}
