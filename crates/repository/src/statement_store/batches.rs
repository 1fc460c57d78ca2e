//! Reads which batches of the bank are booked: each as one receipt, by its transfers, or not yet.

use hermes_domain::ports::{BookedBatch, StoreError};
use hermes_domain::receipt::ReceiptNumber;
use hermes_domain::statement::{ImportId, ImportState, LineState, StoredLine};
use sea_orm::prelude::*;
use sea_orm::sea_query::{ExprTrait, Query, SelectStatement};
use sea_orm::{Condition, DatabaseConnection, QueryOrder, QueryResult, QuerySelect};

use super::lines::decode;
use crate::database::padded;
use crate::entity::statement_lines::{Column, Entity};
use crate::entity::{receipts, statement_imports};
use crate::error::statement_error;

/// The role of a line that is a batch, of a line that does not say so, and of a line that is a transfer of a batch.
const WHOLE: &str = "whole";
const SINGLE: &str = "single";
const PART: &str = "part";
/// The name of the table of lines in a search for transfers.
const PARTS: &str = "parts";

/// Returns those of the batches of an account that are booked as one receipt, or are about to be.
///
/// If a transfer of a batch is booked, a person's decision to book the batch itself was too late. A transfer that is only stored
/// does not count, because the caller stores transfers before it asks.
pub(super) async fn booked(
    connection: &DatabaseConnection,
    account: &str,
    batches: &[String],
) -> Result<Vec<BookedBatch>, StoreError> {
    let mut parts = parts_in(&[LineState::Posted, LineState::Unallocated]);
    for column in [Column::Account, Column::BatchId] {
        parts.and_where(of_parts(column).equals((Entity, column)));
    }
    let is_decided = Column::Receipt.is_null().and(Expr::exists(parts).not());
    let reversed = Query::select()
        .column(receipts::Column::Seq)
        .from(receipts::Entity)
        .and_where(receipts::Column::ReversedAt.is_not_null())
        .and_where(Expr::col((receipts::Entity, receipts::Column::Number)).equals((Entity, Column::Receipt)))
        .take();
    let is_booked = Column::Receipt.is_not_null().and(Expr::exists(reversed).not());
    let select = Entity::find()
        .select_only()
        .column(Column::BatchId)
        .column(Column::Amount)
        .filter(Column::Account.eq(account))
        .filter(Column::BatchId.is_in(padded(batches).map(String::as_str)))
        .filter(Column::BatchRole.is_in([WHOLE, SINGLE]))
        .filter(Column::State.is_in([LineState::Posted, LineState::Unallocated].map(LineState::as_str)))
        .filter(is_decided.or(is_booked));
    let rows: Vec<(String, i64)> = select.into_tuple().all(connection).await.map_err(statement_error)?;
    Ok(rows.into_iter().map(|(id, minor)| BookedBatch { id, minor }).collect())
}

/// Returns whether a receipt is reversed.
pub(super) async fn is_reversed(
    connection: &DatabaseConnection,
    receipt: ReceiptNumber,
) -> Result<bool, StoreError> {
    let found = receipts::Entity::find()
        .filter(receipts::Column::Number.eq(receipt.to_string()))
        .filter(receipts::Column::ReversedAt.is_not_null());
    Ok(found.count(connection).await.map_err(statement_error)? > 0)
}

/// Returns those of the batches of an account of which a transfer is booked, or about to be, or was returned by the bank, each
/// with the amount of its largest such transfer.
pub(super) async fn with_booked_parts(
    connection: &DatabaseConnection,
    account: &str,
    batches: &[String],
) -> Result<Vec<BookedBatch>, StoreError> {
    let mut parts = booked_parts();
    parts
        .clear_selects()
        .column((PARTS, Column::BatchId))
        .expr(of_parts(Column::Amount).max())
        .group_by_col((PARTS, Column::BatchId))
        .and_where(of_parts(Column::Account).eq(account))
        .and_where(of_parts(Column::BatchId).is_in(padded(batches).map(String::as_str)));
    let rows = connection.query_all(&parts).await.map_err(statement_error)?;
    let batch =
        |row: &QueryResult| Ok(BookedBatch { id: row.try_get_by_index(0)?, minor: row.try_get_by_index(1)? });
    rows.iter().map(batch).collect::<Result<_, DbErr>>().map_err(statement_error)
}

/// Returns the batches of an import that are booked neither as one receipt nor by their transfers.
pub(super) async fn open(
    connection: &DatabaseConnection,
    import: ImportId,
    limit: u64,
) -> Result<Vec<StoredLine>, StoreError> {
    let waits = Column::State.eq(LineState::Batch.as_str());
    // A person decided to book the batch as one receipt, and the process was killed before it did.
    let is_interrupted = Column::State.eq(LineState::Unallocated.as_str()).and(Column::Receipt.is_null());
    let mut parts = booked_parts();
    for column in [Column::Account, Column::BatchId] {
        parts.and_where(of_parts(column).equals((Entity, column)));
    }
    let rows = Entity::find()
        .filter(Column::ImportId.eq(import.0))
        .filter(Column::BatchRole.eq(WHOLE))
        .filter(waits.or(is_interrupted))
        .filter(Expr::exists(parts).not())
        .order_by_asc(Column::Number)
        .limit(limit);
    decode(rows.all(connection).await)
}

/// Selects the transfers of batches that are booked, or about to be.
fn booked_parts() -> SelectStatement {
    parts_in(&[LineState::New, LineState::Posted, LineState::Unallocated])
}

/// Selects the transfers of batches that are in one of the states, those that have a receipt because their import was
/// interrupted before it stored their state, and those that the bank returned. One whose import was undone is not returned.
fn parts_in(states: &[LineState]) -> SelectStatement {
    let undone = Query::select()
        .column(statement_imports::Column::Id)
        .from(statement_imports::Entity)
        .and_where(statement_imports::Column::State.eq(ImportState::Undone.as_str()))
        .take();
    let is_returned = Condition::all()
        .add(of_parts(Column::State).eq(LineState::Reversed.as_str()))
        .add(of_parts(Column::ImportId).not_in_subquery(undone));
    let receipt = Query::select()
        .column(receipts::Column::Seq)
        .from(receipts::Entity)
        .and_where(Expr::col((receipts::Entity, receipts::Column::StatementLine)).equals((PARTS, Column::Id)))
        .and_where(receipts::Column::ReversedAt.is_null())
        .take();
    Query::select()
        .column((PARTS, Column::Id))
        .from_as(Entity, PARTS)
        .and_where(of_parts(Column::BatchRole).eq(PART))
        .cond_where(
            Condition::any()
                .add(of_parts(Column::State).is_in(states.iter().map(|state| state.as_str())))
                .add(Expr::exists(receipt))
                .add(is_returned),
        )
        .take()
}

fn of_parts(column: Column) -> Expr {
    Expr::col((PARTS, column))
}
