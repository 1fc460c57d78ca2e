//! The column types of Hermes in the SQL of each database.

use sea_orm_migration::sea_query::ColumnDef;

use crate::Dialect;

/// Builds columns for one dialect. Every column is `NOT NULL` unless `.null()` is called on the result.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Columns(pub(crate) Dialect);

impl Columns {
    /// A UUID as 16 bytes.
    pub(crate) fn uuid(self, name: &'static str) -> ColumnDef {
        self.bytes(name, 16)
    }

    /// Exactly `length` bytes: a token or a SHA-256 digest.
    pub(crate) fn bytes(self, name: &'static str, length: u32) -> ColumnDef {
        ColumnDef::new(name).binary_len(length).not_null().take()
    }

    /// A text that every database compares exactly, such as a reference, a status or a currency: `REF1` is not `ref1`.
    ///
    /// The column is not ASCII, because MySQL rejects a search for `é` in an ASCII column.
    pub(crate) fn code(self, name: &'static str, length: u32) -> ColumnDef {
        match self.0 {
            Dialect::MySql => ColumnDef::new(name)
                .custom(format!("varchar({length}) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"))
                .not_null()
                .take(),
            Dialect::Sqlite => self.text(name, length),
        }
    }

    /// A text of at most `length` characters. MySQL compares the text without regard to case and accents.
    pub(crate) fn text(self, name: &'static str, length: u32) -> ColumnDef {
        ColumnDef::new(name).string_len(length).not_null().take()
    }

    /// JSON stored as text. The JSON type of a database would not return the same bytes.
    pub(crate) fn document(self, name: &'static str) -> ColumnDef {
        match self.0 {
            Dialect::MySql => ColumnDef::new(name).custom("longtext").not_null().take(),
            Dialect::Sqlite => ColumnDef::new(name).text().not_null().take(),
        }
    }

    /// A time in UTC with microseconds. SQLite stores the RFC 3339 text that sqlx writes; its text order is the order in
    /// time.
    pub(crate) fn timestamp(self, name: &'static str) -> ColumnDef {
        match self.0 {
            Dialect::MySql => ColumnDef::new(name).custom("datetime(6)").not_null().take(),
            Dialect::Sqlite => ColumnDef::new(name).date_time().not_null().take(),
        }
    }

    /// A day in UTC.
    pub(crate) fn date(self, name: &'static str) -> ColumnDef {
        ColumnDef::new(name).date().not_null().take()
    }

    /// An amount in minor units, a count, or a sequence number.
    pub(crate) fn bigint(self, name: &'static str) -> ColumnDef {
        ColumnDef::new(name).big_integer().not_null().take()
    }

    /// A small number.
    pub(crate) fn int(self, name: &'static str) -> ColumnDef {
        ColumnDef::new(name).integer().not_null().take()
    }
}
