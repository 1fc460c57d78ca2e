//! Keyset pagination: every page takes the same time, and new bookings do not shift the pages.

use std::ops::Bound;

use hermes_domain::ports::Position;
use sea_orm::prelude::*;
use sea_orm::{Condition, QueryOrder, Select};

use crate::entity::payments::{Column, Entity};

/// The direction along the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    /// From new to old.
    Older,
    /// From old to new.
    Newer,
}

/// Selects the payments that start at a position and continue in a direction.
///
/// The first condition on the time is redundant, but it alone bounds the range of the index.
pub(super) fn seek_after(
    rows: Select<Entity>,
    start: Bound<Position>,
    direction: Direction,
) -> Select<Entity> {
    let (Bound::Included(position) | Bound::Excluded(position)) = start else { return rows };
    let (at, id) = (position.created_at, position.id.0);
    let (range, past) = match direction {
        Direction::Older => (Column::CreatedAt.lte(at), Column::CreatedAt.lt(at)),
        Direction::Newer => (Column::CreatedAt.gte(at), Column::CreatedAt.gt(at)),
    };
    let same_time = match (direction, start) {
        (Direction::Older, Bound::Included(_)) => Column::Id.lte(id),
        (Direction::Older, _) => Column::Id.lt(id),
        (Direction::Newer, Bound::Included(_)) => Column::Id.gte(id),
        (Direction::Newer, _) => Column::Id.gt(id),
    };
    rows.filter(range).filter(Condition::any().add(past).add(same_time))
}

/// Orders payments in a direction.
pub(super) fn ordered(rows: Select<Entity>, direction: Direction) -> Select<Entity> {
    match direction {
        Direction::Older => rows.order_by_desc(Column::CreatedAt).order_by_desc(Column::Id),
        Direction::Newer => rows.order_by_asc(Column::CreatedAt).order_by_asc(Column::Id),
    }
}
