//! The clock of the database. On SQLite, it is the clock of this machine.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use hermes_domain::ports::{DatabaseClock, StoreError};
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend};

use super::Database;
use crate::error::statement_error;

/// The time of the database in milliseconds since 1970, as an SQL expression. Sessions use UTC.
pub(crate) fn now_ms(backend: DbBackend) -> Expr {
    Expr::cust(match backend {
        DbBackend::Sqlite => "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)",
        _ => "CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)",
    })
}

/// Converts milliseconds since 1970.
///
/// # Errors
/// [`StoreError::Corrupt`] if the time is out of range.
pub(crate) fn time_from_ms(ms: i64) -> Result<DateTime<Utc>, StoreError> {
    DateTime::from_timestamp_millis(ms)
        .ok_or_else(|| StoreError::Corrupt("the time of the database is out of range".to_owned()))
}

#[async_trait]
impl DatabaseClock for Database {
    async fn database_time(&self) -> Result<DateTime<Utc>, StoreError> {
        self.writer.write(|connection| async move { time(&connection).await }).await
    }
}

async fn time(connection: &DatabaseConnection) -> Result<DateTime<Utc>, StoreError> {
    let select = Query::select().expr(now_ms(connection.get_database_backend())).take();
    let row = connection.query_one(&select).await.map_err(statement_error)?;
    let row = row.ok_or_else(|| StoreError::Internal("the database returned no time".to_owned()))?;
    time_from_ms(row.try_get_by_index(0).map_err(statement_error)?)
}
