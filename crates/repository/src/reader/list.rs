//! Reads one page of payments.

use std::ops::Bound;

use hermes_domain::ports::{ListPage, Page, PaymentFilter, Position, StoreError};
use sea_orm::prelude::*;
use sea_orm::{DatabaseTransaction, QuerySelect, Select};

use super::filter;
use super::keyset::{Direction, ordered, seek_after};
use super::load::{self, IdLocality, PaymentRows};
use crate::entity::payments::{self, Entity};
use crate::error::statement_error;

/// Reads a page and ends the snapshot. One extra row shows whether the list continues.
pub(super) async fn read(
    snapshot: DatabaseTransaction,
    filter: &PaymentFilter,
    page: Page,
    limit: u64,
) -> Result<ListPage, StoreError> {
    let matching = Entity::find().filter(filter::condition(filter, snapshot.get_database_backend()));
    let (direction, start) = match page {
        Page::First => (Direction::Older, None),
        Page::After(position) => (Direction::Older, Some(position)),
        Page::Before(position) => (Direction::Newer, Some(position)),
    };
    let from_start = seek_after(matching.clone(), start.map_or(Bound::Unbounded, Bound::Excluded), direction);
    let mut rows = load::payment_rows(&snapshot, ordered(from_start, direction).limit(limit + 1)).await?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = rows.len() > limit;
    rows.truncate(limit);
    let (has_next, has_prev) = match direction {
        Direction::Older => (has_more, exists(&snapshot, matching, start, Direction::Newer).await?),
        Direction::Newer => {
            rows.reverse();
            (exists(&snapshot, matching, start, Direction::Older).await?, has_more)
        }
    };
    let rows = PaymentRows::load(&snapshot, rows, id_locality(filter)).await?;
    // The payments are converted while the server executes COMMIT.
    let (committed, payments) = tokio::join! {
        biased;
        snapshot.commit(),
        async move { rows.into_payments() },
    };
    committed.map_err(statement_error)?;
    Ok(ListPage { payments: payments?, has_next, has_prev })
}

/// The list and the ids have the same order: both follow the time of booking.
fn id_locality(filter: &PaymentFilter) -> IdLocality {
    if *filter == PaymentFilter::default() { IdLocality::Contiguous } else { IdLocality::Scattered }
}

/// Returns whether a payment exists at a position or beyond it.
///
/// Usually the payment at the position still exists, so the first row that the database visits decides.
async fn exists(
    snapshot: &DatabaseTransaction,
    matching: Select<Entity>,
    position: Option<Position>,
    direction: Direction,
) -> Result<bool, StoreError> {
    let Some(position) = position else { return Ok(false) };
    let found = ordered(seek_after(matching, Bound::Included(position), direction), direction)
        .select_only()
        .column(payments::Column::Version)
        .limit(1)
        .into_tuple::<i64>()
        .one(snapshot)
        .await
        .map_err(statement_error)?;
    Ok(found.is_some())
}
