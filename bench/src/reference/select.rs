//! The bare select of the list: the rows as the driver hands them out, not even decoded.
//!
//! Two statements, because one that joins would send each payment once for each of its checks.

use anyhow::Result;
use hermes_repository::entity::{payments, validation_results};
use sea_orm::{ConnectionTrait, DatabaseConnection, IdenStatic, Iterable, Statement};

/// Selects the newest payments and their checks; returns how many rows there were.
pub async fn select_list(connection: &DatabaseConnection, payments: u64) -> Result<usize> {
    let newest = format!("FROM payments ORDER BY created_at DESC, id DESC LIMIT {payments}");
    let columns = columns::<payments::Column>("");
    let rows = select(connection, format!("SELECT {columns} {newest}")).await?;
    let columns = self::columns::<validation_results::Column>("v.");
    let checks = format!(
        "SELECT {columns} FROM validation_results v JOIN (SELECT id {newest}) p ON v.payment_id = p.id"
    );
    Ok(rows + select(connection, checks).await?)
}

async fn select(connection: &DatabaseConnection, sql: String) -> Result<usize> {
    let statement = Statement::from_string(connection.get_database_backend(), sql);
    Ok(connection.query_all_raw(statement).await?.len())
}

fn columns<C: Iterable + IdenStatic>(table: &str) -> String {
    C::iter().map(|column| format!("{table}{}", column.as_str())).collect::<Vec<_>>().join(",")
}
