//! Reads which batches of the bank are booked: each as one receipt, by its transfers, or not yet.

use hermes_domain::ports::StoreError;
use hermes_domain::statement::{ImportId, ImportState, LineState, StoredLine};
use sea_orm::prelude::*;
use sea_orm::sea_query::{ExprTrait, Query, SelectStatement};
use sea_orm::{Condition, DatabaseConnection, QueryOrder, QuerySelect};

use super::lines::decode;
use crate::database::padded;
use crate::entity::statement_imports;
use crate::entity::statement_lines::{Column, Entity};
use crate::error::statement_error;

/// The role of a line that is a batch, and of a line that is a transfer of a batch.
const WHOLE: &str = "whole";
const PART: &str = "part";
/// The name of the table of lines in a search for transfers.
const PARTS: &str = "parts";

/// Returns those of the batches of an account that are booked as one receipt, or are about to be.
pub(super) async fn booked(
    connection: &DatabaseConnection,
    account: &str,
    batches: &[String],
) -> Result<Vec<String>, StoreError> {
    let select = Entity::find()
        .select_only()
        .column(Column::BatchId)
        .filter(Column::Account.eq(account))
        .filter(Column::BatchId.is_in(padded(batches).map(String::as_str)))
        .filter(Column::BatchRole.eq(WHOLE))
        .filter(Column::State.is_in([LineState::Posted, LineState::Unallocated].map(LineState::as_str)));
    select.into_tuple().all(connection).await.map_err(statement_error)
}

/// Returns whether a transfer of a batch is booked, or about to be, or was returned by the bank.
pub(super) async fn has_booked_parts(
    connection: &DatabaseConnection,
    account: &str,
    batch: &str,
) -> Result<bool, StoreError> {
    let mut parts = booked_parts();
    parts.and_where(of_parts(Column::Account).eq(account)).and_where(of_parts(Column::BatchId).eq(batch));
    Ok(connection.query_one(parts.limit(1)).await.map_err(statement_error)?.is_some())
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

/// Selects the transfers of batches that are booked, or about to be. A transfer that the bank returned counts as booked; one
/// whose import was undone does not.
fn booked_parts() -> SelectStatement {
    let booked = [LineState::New, LineState::Posted, LineState::Unallocated].map(LineState::as_str);
    let undone = Query::select()
        .column(statement_imports::Column::Id)
        .from(statement_imports::Entity)
        .and_where(statement_imports::Column::State.eq(ImportState::Undone.as_str()))
        .take();
    let is_returned = Condition::all()
        .add(of_parts(Column::State).eq(LineState::Reversed.as_str()))
        .add(of_parts(Column::ImportId).not_in_subquery(undone));
    Query::select()
        .column((PARTS, Column::Id))
        .from_as(Entity, PARTS)
        .and_where(of_parts(Column::BatchRole).eq(PART))
        .cond_where(Condition::any().add(of_parts(Column::State).is_in(booked)).add(is_returned))
        .take()
}

fn of_parts(column: Column) -> Expr {
    Expr::col((PARTS, column))
}
