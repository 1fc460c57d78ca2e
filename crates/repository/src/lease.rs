//! Leases: each is the one row of a table, changed by one statement, timed by the clock of the database.

use std::time::Duration;

use hermes_domain::ports::{Lease, RelayStatus, StoreError};
use sea_orm::prelude::*;
use sea_orm::sea_query::ExprTrait as _;
use sea_orm::{DatabaseConnection, QuerySelect};

use crate::database::now_ms;
use crate::entity::{event_relay, mail_sender};
use crate::error::statement_error;

/// The id of the only row of a table.
const ROW_ID: i32 = 1;

/// A table whose only row is a lease.
pub(crate) trait LeaseTable: EntityTrait {
    const NAME: &'static str;
    const ID: Self::Column;
    const HOLDER: Self::Column;
    const EXPIRES_AT_MS: Self::Column;
    /// The number of the last event that the holders have processed.
    const SEQ: Self::Column;
}

impl LeaseTable for event_relay::Entity {
    const NAME: &'static str = "event_relay";
    const ID: Self::Column = event_relay::Column::Id;
    const HOLDER: Self::Column = event_relay::Column::Holder;
    const EXPIRES_AT_MS: Self::Column = event_relay::Column::ExpiresAtMs;
    const SEQ: Self::Column = event_relay::Column::PublishedSeq;
}

impl LeaseTable for mail_sender::Entity {
    const NAME: &'static str = "mail_sender";
    const ID: Self::Column = mail_sender::Column::Id;
    const HOLDER: Self::Column = mail_sender::Column::Holder;
    const EXPIRES_AT_MS: Self::Column = mail_sender::Column::ExpiresAtMs;
    const SEQ: Self::Column = mail_sender::Column::CursorSeq;
}

/// Acquires the lease if it is free or expired, or renews the holder's own lease. The lease expires after `ttl`.
pub(crate) async fn acquire_or_renew<T: LeaseTable>(
    connection: &DatabaseConnection,
    holder: Uuid,
    ttl: Duration,
    published_seq: Option<i64>,
) -> Result<Lease, StoreError> {
    let now = || now_ms(connection.get_database_backend());
    let ttl_ms = i64::try_from(ttl.as_millis()).unwrap_or(i64::MAX);
    let mut update = T::update_many()
        .col_expr(T::HOLDER, Expr::value(holder))
        .col_expr(T::EXPIRES_AT_MS, now().add(ttl_ms))
        .filter(T::ID.eq(ROW_ID))
        .filter(T::HOLDER.eq(holder).or(Expr::col(T::EXPIRES_AT_MS).lte(now())));
    if let Some(seq) = published_seq {
        update = update.col_expr(T::SEQ, Expr::value(seq));
    }
    if update.exec(connection).await.map_err(statement_error)?.rows_affected > 0 {
        return Ok(Lease::Held);
    }
    // A missing row is an error, not a lease of another holder.
    status::<T>(connection).await.map(|_| Lease::Taken)
}

/// Ends the holder's lease at once.
pub(crate) async fn release<T: LeaseTable>(
    connection: &DatabaseConnection,
    holder: Uuid,
) -> Result<(), StoreError> {
    T::update_many()
        .col_expr(T::EXPIRES_AT_MS, Expr::value(0_i64))
        .filter(T::ID.eq(ROW_ID))
        .filter(T::HOLDER.eq(holder))
        .exec(connection)
        .await
        .map_err(statement_error)?;
    Ok(())
}

/// Reads the row, and the clock of the database that its expiry time refers to.
pub(crate) async fn status<T: LeaseTable>(
    connection: &DatabaseConnection,
) -> Result<RelayStatus, StoreError> {
    let row: Option<(Uuid, i64, i64, i64)> = T::find()
        .filter(T::ID.eq(ROW_ID))
        .select_only()
        .columns([T::HOLDER, T::EXPIRES_AT_MS, T::SEQ])
        .expr(now_ms(connection.get_database_backend()))
        .into_tuple()
        .one(connection)
        .await
        .map_err(statement_error)?;
    let (holder, expires_at_ms, published_seq, now_ms) =
        row.ok_or_else(|| StoreError::Corrupt(format!("{} has no row", T::NAME)))?;
    Ok(RelayStatus { holder: (expires_at_ms > now_ms).then_some(holder), published_seq })
}
