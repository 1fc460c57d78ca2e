//! One page of payments.

use hermes_domain::ports::{ListPage, Page, PaymentFilter, Position, StoreError};
use sea_orm::prelude::*;
use sea_orm::{DatabaseTransaction, QuerySelect, Select};

use super::filter;
use super::keyset::{Direction, Start, beyond, ordered};
use crate::entity::payments::{self, Entity};
use crate::error::statement_error;
use crate::load::{self, IdLocality, Loaded};

/// Reads a page, one row more than asked to see whether the list goes on; ends the snapshot.
pub(super) async fn read(
    snapshot: DatabaseTransaction,
    filter: &PaymentFilter,
    page: Page,
    limit: u64,
) -> Result<ListPage, StoreError> {
    let matching = Entity::find().filter(filter::condition(filter, snapshot.get_database_backend()));
    let (direction, place) = match page {
        Page::First => (Direction::Older, None),
        Page::After(place) => (Direction::Older, Some(place)),
        Page::Before(place) => (Direction::Newer, Some(place)),
    };
    let asked = match place {
        Some(place) => beyond(matching.clone(), place, direction, Start::Beyond),
        None => matching.clone(),
    };
    let mut rows = load::payment_rows(&snapshot, ordered(asked, direction).limit(limit + 1)).await?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let goes_on = rows.len() > limit;
    rows.truncate(limit);
    let (has_next, has_prev) = match direction {
        Direction::Older => (goes_on, any_before(&snapshot, &matching, place).await?),
        Direction::Newer => {
            rows.reverse();
            (any_after(&snapshot, matching, place).await?, goes_on)
        }
    };
    let loaded = Loaded::of(&snapshot, rows, spread(filter)).await?;
    let (ended, payments) = tokio::join! {
        biased;
        snapshot.commit(),
        async move { loaded.payments() },
    };
    ended.map_err(statement_error)?;
    Ok(ListPage { payments: payments?, has_next, has_prev })
}

/// Identifiers sort as payments were booked, and so does the list.
fn spread(filter: &PaymentFilter) -> IdLocality {
    if *filter == PaymentFilter::default() { IdLocality::Contiguous } else { IdLocality::Scattered }
}

async fn any_before(
    snapshot: &DatabaseTransaction,
    matching: &Select<Entity>,
    place: Option<Position>,
) -> Result<bool, StoreError> {
    match place {
        Some(place) => any_from(snapshot, matching.clone(), place, Direction::Newer).await,
        None => Ok(false),
    }
}

async fn any_after(
    snapshot: &DatabaseTransaction,
    matching: Select<Entity>,
    place: Option<Position>,
) -> Result<bool, StoreError> {
    match place {
        Some(place) => any_from(snapshot, matching, place, Direction::Older).await,
        None => Ok(false),
    }
}

/// Whether there is a payment at a place or beyond it. Usually it is the one at the place itself, from which
/// the reader came, and so the first row that is looked at.
async fn any_from(
    snapshot: &DatabaseTransaction,
    matching: Select<Entity>,
    place: Position,
    direction: Direction,
) -> Result<bool, StoreError> {
    let found = ordered(beyond(matching, place, direction, Start::At), direction)
        .select_only()
        .column(payments::Column::Version)
        .limit(1)
        .into_tuple::<i64>()
        .one(snapshot)
        .await
        .map_err(statement_error)?;
    Ok(found.is_some())
}
