//! Counts the rows that pending steps will touch, so that an operator can plan the time of an upgrade.

use sea_orm_migration::sea_orm::sea_query::{Alias, Expr, Func, Query};
use sea_orm_migration::{
    SchemaManager, sea_orm::ConnectionTrait, sea_orm::DatabaseConnection, sea_orm::DbErr,
};

use crate::{Dialect, MigrationError, STEPS};

/// A table that a step copies, changes or checks, and its rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TouchedTable {
    /// The name of the table.
    pub name: &'static str,
    /// The number of its rows now: the step touches at most these.
    pub rows: i64,
}

/// Returns the tables that a step touches, with their rows. Counts the rows, which takes a while for large tables.
///
/// The list is empty if the step only creates tables or triggers, or inserts a row. A table that an earlier pending step
/// creates does not exist yet and is omitted, as is a step of another program.
///
/// # Errors
///
/// [`MigrationError::Database`] if the database cannot be read.
pub async fn touched_tables(
    db: &DatabaseConnection,
    step: &str,
) -> Result<Vec<TouchedTable>, MigrationError> {
    let dialect = Dialect::try_from(db.get_database_backend())?;
    let manager = SchemaManager::new(db);
    let step = STEPS.iter().find(|known| known.name == step);
    let mut touched = Vec::new();
    for name in step.map(|step| step.touched_tables(dialect)).unwrap_or_default() {
        if manager.has_table(name).await? {
            touched.push(TouchedTable { name, rows: count(db, name).await? });
        }
    }
    Ok(touched)
}

async fn count(db: &DatabaseConnection, table: &'static str) -> Result<i64, DbErr> {
    let all = Func::count(Expr::val(1));
    let select = Query::select().expr(all).from(Alias::new(table)).take();
    let row = db.query_one(&select).await?;
    row.map_or(Ok(0), |row| row.try_get_by_index(0))
}
