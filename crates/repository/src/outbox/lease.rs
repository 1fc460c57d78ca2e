//! The lease of the relay: one row, changed by one statement, timed by the clock of the database.

use std::time::Duration;

use hermes_domain::ports::{Lease, RelayStatus, StoreError};
use sea_orm::prelude::*;
use sea_orm::sea_query::ExprTrait as _;
use sea_orm::{DatabaseConnection, QuerySelect};

use crate::database::now_ms;
use crate::entity::event_relay::{Column, Entity, ROW_ID};
use crate::error::statement_error;

/// Acquires the lease if it is free or expired, or renews the holder's own lease. The lease expires after `ttl`.
pub(super) async fn acquire_or_renew(
    connection: &DatabaseConnection,
    holder: Uuid,
    ttl: Duration,
    published_seq: Option<i64>,
) -> Result<Lease, StoreError> {
    let now = || now_ms(connection.get_database_backend());
    let ttl_ms = i64::try_from(ttl.as_millis()).unwrap_or(i64::MAX);
    let mut update = Entity::update_many()
        .col_expr(Column::Holder, Expr::value(holder))
        .col_expr(Column::ExpiresAtMs, now().add(ttl_ms))
        .filter(Column::Id.eq(ROW_ID))
        .filter(Column::Holder.eq(holder).or(Expr::col(Column::ExpiresAtMs).lte(now())));
    if let Some(seq) = published_seq {
        update = update.col_expr(Column::PublishedSeq, Expr::value(seq));
    }
    if update.exec(connection).await.map_err(statement_error)?.rows_affected > 0 {
        return Ok(Lease::Held);
    }
    // A missing row is an error, not a lease of another holder.
    status(connection).await.map(|_| Lease::Taken)
}

/// Ends the holder's lease at once.
pub(super) async fn release(connection: &DatabaseConnection, holder: Uuid) -> Result<(), StoreError> {
    Entity::update_many()
        .col_expr(Column::ExpiresAtMs, Expr::value(0_i64))
        .filter(Column::Id.eq(ROW_ID))
        .filter(Column::Holder.eq(holder))
        .exec(connection)
        .await
        .map_err(statement_error)?;
    Ok(())
}

/// Reads the row, and the clock of the database that its expiry time refers to.
pub(super) async fn status(connection: &DatabaseConnection) -> Result<RelayStatus, StoreError> {
    let row: Option<(Uuid, i64, i64, i64)> = Entity::find_by_id(ROW_ID)
        .select_only()
        .columns([Column::Holder, Column::ExpiresAtMs, Column::PublishedSeq])
        .expr(now_ms(connection.get_database_backend()))
        .into_tuple()
        .one(connection)
        .await
        .map_err(statement_error)?;
    let (holder, expires_at_ms, published_seq, now_ms) =
        row.ok_or_else(|| StoreError::Corrupt("event_relay has no row".to_owned()))?;
    Ok(RelayStatus { holder: (expires_at_ms > now_ms).then_some(holder), published_seq })
}
