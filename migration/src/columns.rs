//! The kinds of column Hermes has, each as its database spells it.

use sea_orm_migration::sea_query::ColumnDef;

use crate::Dialect;

/// Makes columns for one dialect. Each is `NOT NULL`; `.null()` on the result allows null.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Columns(pub(crate) Dialect);

impl Columns {
    /// A UUID as its 16 bytes.
    pub(crate) fn uuid(self, name: &'static str) -> ColumnDef {
        self.bytes(name, 16)
    }

    /// Exactly `length` bytes: a token or a SHA-256 digest.
    pub(crate) fn bytes(self, name: &'static str, length: u32) -> ColumnDef {
        ColumnDef::new(name).binary_len(length).not_null().take()
    }

    /// A word for programs (a reference, a state, a currency): `REF1` is not `ref1`, on every database. Not an ASCII column, because MySQL answers a search for `é` in one with an error.
    pub(crate) fn code(self, name: &'static str, length: u32) -> ColumnDef {
        self.collated(name, length, "utf8mb4", "utf8mb4_bin")
    }

    /// What people write, up to `length` characters; MySQL compares it without regard to case and accents.
    pub(crate) fn text(self, name: &'static str, length: u32) -> ColumnDef {
        ColumnDef::new(name).string_len(length).not_null().take()
    }

    /// What people write, compared exactly on every database.
    pub(crate) fn exact_text(self, name: &'static str, length: u32) -> ColumnDef {
        self.collated(name, length, "utf8mb4", "utf8mb4_bin")
    }

    /// JSON kept as text, because a database's JSON type would not give the same bytes back.
    pub(crate) fn document(self, name: &'static str) -> ColumnDef {
        match self.0 {
            Dialect::MySql => ColumnDef::new(name).custom("longtext").not_null().take(),
            Dialect::Sqlite => ColumnDef::new(name).text().not_null().take(),
        }
    }

    /// A moment in UTC, to the microsecond. SQLite holds the RFC 3339 text that sqlx writes, whose order as text is
    /// the order in time.
    pub(crate) fn instant(self, name: &'static str) -> ColumnDef {
        match self.0 {
            Dialect::MySql => ColumnDef::new(name).custom("datetime(6)").not_null().take(),
            Dialect::Sqlite => ColumnDef::new(name).date_time().not_null().take(),
        }
    }

    /// An amount in minor units, a count, or a sequence number.
    pub(crate) fn bigint(self, name: &'static str) -> ColumnDef {
        ColumnDef::new(name).big_integer().not_null().take()
    }

    /// A small number.
    pub(crate) fn int(self, name: &'static str) -> ColumnDef {
        ColumnDef::new(name).integer().not_null().take()
    }

    fn collated(self, name: &'static str, length: u32, charset: &str, collation: &str) -> ColumnDef {
        match self.0 {
            Dialect::MySql => ColumnDef::new(name)
                .custom(format!("varchar({length}) CHARACTER SET {charset} COLLATE {collation}"))
                .not_null()
                .take(),
            Dialect::Sqlite => self.text(name, length),
        }
    }
}
