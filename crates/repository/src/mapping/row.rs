//! The values of a row by their places.
//!
//! A list of a thousand payments has five thousand rows, an audit log many more. By place no name is looked up, and a
//! text can be borrowed from the row that the driver has: most texts are words that are only compared.

use std::fmt::Display;

use hermes_domain::ports::StoreError;
use sea_orm::sqlx::{Decode, MySql, Row as _, Sqlite, Type};
use sea_orm::{IdenStatic, QueryResult};

use super::corrupt::corrupt;

/// What the drivers of all databases read.
pub(crate) trait Value<'r>:
    Decode<'r, MySql> + Type<MySql> + Decode<'r, Sqlite> + Type<Sqlite>
{
}

impl<'r, T> Value<'r> for T where T: Decode<'r, MySql> + Type<MySql> + Decode<'r, Sqlite> + Type<Sqlite> {}

/// The values of a row that are still to be read, in the order in which they were selected.
pub(super) struct RowReader<'r> {
    row: &'r QueryResult,
    place: usize,
}

/// The place of a value that is not of its column's type.
pub(super) struct ColumnDecodeError {
    place: usize,
}

impl ColumnDecodeError {
    /// Names the column, one of those that were selected, of a row that is named by its first value.
    pub(super) fn corrupt<'r, Name, Column>(
        &self,
        table: &str,
        row: &'r QueryResult,
        mut selected: impl Iterator<Item = Column>,
    ) -> StoreError
    where
        Name: Value<'r> + Display + Default,
        Column: IdenStatic,
    {
        let name: Name = RowReader::of(row).next().unwrap_or_default();
        corrupt(table, name, selected.nth(self.place).map_or("", |column| column.as_str()))
    }
}

impl<'r> RowReader<'r> {
    pub(super) const fn of(row: &'r QueryResult) -> Self {
        Self { row, place: 0 }
    }

    /// The next value.
    pub(super) fn next<T: Value<'r>>(&mut self) -> Result<T, ColumnDecodeError> {
        self.next_as(Some)
    }

    /// The next value as something that not every value is.
    pub(super) fn next_as<T: Value<'r>, U>(
        &mut self,
        read: impl FnOnce(T) -> Option<U>,
    ) -> Result<U, ColumnDecodeError> {
        let place = self.place;
        self.place += 1;
        let value = match (self.row.try_as_mysql_row(), self.row.try_as_sqlite_row()) {
            (Some(row), _) => row.try_get(place).ok(),
            (_, Some(row)) => row.try_get(place).ok(),
            (None, None) => None,
        };
        value.and_then(read).ok_or(ColumnDecodeError { place })
    }
}
