//! Reads and writes imports.

use chrono::{DateTime, Utc};
use hermes_domain::ports::StoreError;
use hermes_domain::statement::{
    ImportCounts, ImportId, ImportState, ImportWork, LineState, NewImport, StatementImport,
};
use sea_orm::ActiveValue::Set;
use sea_orm::prelude::*;
use sea_orm::{Condition, DatabaseConnection, DatabaseTransaction, QueryOrder, QuerySelect};

use crate::entity::statement_imports::{ActiveModel, Column, Entity};
use crate::entity::statement_lines;
use crate::error::{is_unique_violation, statement_error};
use crate::mapping;

/// The most imports of one search for work.
const MAX_UNCLAIMED: u64 = 100;

pub(super) async fn insert(connection: &DatabaseConnection, import: &NewImport) -> Result<(), StoreError> {
    match Entity::insert(ActiveModel::from(import)).exec_without_returning(connection).await {
        // The import of a repeated call exists already.
        Err(error) if !is_unique_violation(&error) => Err(statement_error(error)),
        _ => Ok(()),
    }
}

pub(super) async fn find(
    connection: &DatabaseConnection,
    id: ImportId,
) -> Result<Option<StatementImport>, StoreError> {
    let Some(row) = Entity::find_by_id(id.0).one(connection).await.map_err(statement_error)? else {
        return Ok(None);
    };
    let counts = counts(connection, id, row.position).await?;
    mapping::import(row, counts).map(Some)
}

/// Counts the lines by state. The number of duplicates follows: they are lines of other imports.
async fn counts(
    connection: &DatabaseConnection,
    id: ImportId,
    position: i64,
) -> Result<ImportCounts, StoreError> {
    let rows: Vec<(String, i64)> = statement_lines::Entity::find()
        .select_only()
        .column(statement_lines::Column::State)
        .column_as(statement_lines::Column::Id.count(), "lines")
        .filter(statement_lines::Column::ImportId.eq(id.0))
        .group_by(statement_lines::Column::State)
        .into_tuple()
        .all(connection)
        .await
        .map_err(statement_error)?;
    let mut counts = ImportCounts::default();
    let mut own = 0;
    for (state, lines) in rows {
        match state.parse() {
            Ok(LineState::Posted) => counts.posted = lines,
            Ok(LineState::Unallocated) => counts.unallocated = lines,
            Ok(LineState::Return) => counts.returns = lines,
            Ok(LineState::Other) => counts.other = lines,
            Ok(LineState::Batch) => counts.batches = lines,
            Ok(LineState::Reversed) => counts.reversed = lines,
            Ok(LineState::New) | Err(_) => continue,
        }
        own += lines;
    }
    counts.duplicates = position.saturating_sub(own).max(0);
    Ok(counts)
}

pub(super) async fn unclaimed(
    connection: &DatabaseConnection,
    now: DateTime<Utc>,
) -> Result<Vec<ImportId>, StoreError> {
    let running = ImportState::ALL.into_iter().filter(|state| state.work().is_some());
    let ids: Vec<Uuid> = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::State.is_in(running.map(ImportState::as_str)))
        .filter(is_unclaimed(now))
        .order_by_asc(Column::CreatedAt)
        .limit(MAX_UNCLAIMED)
        .into_tuple()
        .all(connection)
        .await
        .map_err(statement_error)?;
    Ok(ids.into_iter().map(ImportId).collect())
}

fn is_unclaimed(now: DateTime<Utc>) -> Condition {
    Condition::any().add(Column::ClaimedUntil.is_null()).add(Column::ClaimedUntil.lt(now))
}

pub(super) async fn claim(
    connection: &DatabaseConnection,
    id: ImportId,
    work: ImportWork,
    process: Uuid,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let claimed = Entity::update_many()
        .set(ActiveModel {
            claimed_by: Set(Some(process)),
            claimed_until: Set(Some(until)),
            ..Default::default()
        })
        .filter(Column::Id.eq(id.0))
        .filter(needs(work))
        .filter(is_unclaimed(now).add(Column::ClaimedBy.eq(process)))
        .exec(connection)
        .await
        .map_err(statement_error)?;
    Ok(claimed.rows_affected == 1)
}

/// Selects the imports that need a kind of work.
fn needs(work: ImportWork) -> Expr {
    Column::State.is_in(work.states().map(ImportState::as_str))
}

/// Locks an import until the end of the transaction. Returns whether it is being posted: it then remains so until the end.
pub(super) async fn lock_if_posting(
    transaction: &DatabaseTransaction,
    id: ImportId,
) -> Result<bool, StoreError> {
    let locked: Option<Uuid> = Entity::find_by_id(id.0)
        .select_only()
        .column(Column::Id)
        .filter(needs(ImportWork::Post))
        .lock_exclusive()
        .into_tuple()
        .one(transaction)
        .await
        .map_err(statement_error)?;
    Ok(locked.is_some())
}

pub(super) async fn release(
    connection: &DatabaseConnection,
    id: ImportId,
    process: Uuid,
) -> Result<(), StoreError> {
    Entity::update_many()
        .set(ActiveModel { claimed_until: Set(None), ..Default::default() })
        .filter(Column::Id.eq(id.0))
        .filter(Column::ClaimedBy.eq(process))
        .exec(connection)
        .await
        .map_err(statement_error)?;
    Ok(())
}

pub(super) async fn set_state(
    connection: &DatabaseConnection,
    id: ImportId,
    work: ImportWork,
    state: ImportState,
    reason: Option<String>,
    finished_at: Option<DateTime<Utc>>,
) -> Result<bool, StoreError> {
    let mut change = ActiveModel {
        state: Set(state.as_str().to_owned()),
        reason: Set(reason),
        finished_at: Set(finished_at),
        ..Default::default()
    };
    if finished_at.is_some() {
        change.claimed_until = Set(None);
    }
    let changed = Entity::update_many()
        .set(change)
        .filter(Column::Id.eq(id.0))
        .filter(needs(work))
        .exec(connection)
        .await
        .map_err(statement_error)?;
    Ok(changed.rows_affected == 1)
}

pub(super) async fn begin_undo(
    connection: &DatabaseConnection,
    id: ImportId,
    actor: String,
    reason: String,
) -> Result<bool, StoreError> {
    let undone = [ImportState::Undoing, ImportState::Undone].map(ImportState::as_str);
    let changed = Entity::update_many()
        .set(ActiveModel {
            state: Set(ImportState::Undoing.as_str().to_owned()),
            reason: Set(Some(reason)),
            undone_by: Set(Some(actor)),
            finished_at: Set(None),
            ..Default::default()
        })
        .filter(Column::Id.eq(id.0))
        .filter(Column::State.is_not_in(undone))
        .exec(connection)
        .await
        .map_err(statement_error)?;
    Ok(changed.rows_affected == 1)
}
