//! Forgetting old events, a few at a time, so that the ledger never waits long for their locks.

use chrono::{DateTime, Utc};
use hermes_domain::ports::StoreError;
use sea_orm::prelude::*;
use sea_orm::{DatabaseConnection, QueryOrder, QuerySelect};

use crate::entity::outbox::{Column, Entity};
use crate::error::statement_error;

/// Deletes the oldest rows, as far as they are old and below a number.
///
/// The order of numbers is the order of time, so only the first rows are looked at: there is no index by time.
pub(super) async fn purge(
    connection: &DatabaseConnection,
    before: DateTime<Utc>,
    below: i64,
    limit: u64,
) -> Result<u64, StoreError> {
    let first: Vec<(i64, DateTime<Utc>)> = Entity::find()
        .select_only()
        .columns([Column::Seq, Column::CreatedAt])
        .filter(Column::Seq.lt(below))
        .order_by_asc(Column::Seq)
        .limit(limit)
        .into_tuple()
        .all(connection)
        .await
        .map_err(statement_error)?;
    let old: Vec<i64> =
        first.into_iter().take_while(|(_, created_at)| *created_at < before).map(|(seq, _)| seq).collect();
    if old.is_empty() {
        return Ok(0);
    }
    let deleted = Entity::delete_many().filter(Column::Seq.is_in(old)).exec(connection).await;
    Ok(deleted.map_err(statement_error)?.rows_affected)
}
