//! Pages by place instead of by number: a page is as quick at the end of the list as at its start, and rows
//! that are booked meanwhile move nothing.

use hermes_domain::ports::Position;
use sea_orm::prelude::*;
use sea_orm::{Condition, QueryOrder, Select};

use crate::entity::payments::{Column, Entity};

/// Which way to go along the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    /// From new to old.
    Older,
    /// From old to new.
    Newer,
}

/// Whether the payment at a place is one of those beyond it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    /// It is.
    At,
    /// It is not.
    Beyond,
}

/// The payments on one side of a place.
///
/// The time is compared twice: alone it bounds the range of the index, which the second condition does not.
pub(super) fn beyond(
    rows: Select<Entity>,
    place: Position,
    direction: Direction,
    start: Start,
) -> Select<Entity> {
    let (at, id) = (place.created_at, place.id.0);
    let (range, past, id) = match (direction, start) {
        (Direction::Older, Start::At) => {
            (Column::CreatedAt.lte(at), Column::CreatedAt.lt(at), Column::Id.lte(id))
        }
        (Direction::Older, Start::Beyond) => {
            (Column::CreatedAt.lte(at), Column::CreatedAt.lt(at), Column::Id.lt(id))
        }
        (Direction::Newer, Start::At) => {
            (Column::CreatedAt.gte(at), Column::CreatedAt.gt(at), Column::Id.gte(id))
        }
        (Direction::Newer, Start::Beyond) => {
            (Column::CreatedAt.gte(at), Column::CreatedAt.gt(at), Column::Id.gt(id))
        }
    };
    rows.filter(range).filter(Condition::any().add(past).add(id))
}

/// The payments in the order of the list, or against it.
pub(super) fn ordered(rows: Select<Entity>, direction: Direction) -> Select<Entity> {
    match direction {
        Direction::Older => rows.order_by_desc(Column::CreatedAt).order_by_desc(Column::Id),
        Direction::Newer => rows.order_by_asc(Column::CreatedAt).order_by_asc(Column::Id),
    }
}
