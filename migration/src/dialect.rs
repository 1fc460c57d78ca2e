//! The SQL a database speaks.

use sea_orm_migration::sea_orm::{DbBackend, DbErr};

/// The SQL a database speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// MySQL 8.0 and later, MySQL HeatWave, and MariaDB 10.11 and later: the steps keep to what both understand.
    MySql,
    /// SQLite 3.35 and later.
    Sqlite,
}

impl TryFrom<DbBackend> for Dialect {
    type Error = DbErr;

    fn try_from(backend: DbBackend) -> Result<Self, DbErr> {
        match backend {
            DbBackend::MySql => Ok(Self::MySql),
            DbBackend::Sqlite => Ok(Self::Sqlite),
            other => Err(DbErr::BackendNotSupported { db: other.as_str(), ctx: "the schema of Hermes" }),
        }
    }
}
