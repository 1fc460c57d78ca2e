//! Reads and writes matches.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use hermes_domain::ports::{MatchFilter, StoreError};
use hermes_domain::receipt::StatementLineId;
use hermes_domain::statement::{ImportId, LineState, MatchId, MatchState, NewMatch, StoredMatch};
use sea_orm::ActiveValue::Set;
use sea_orm::prelude::*;
use sea_orm::{Condition, DatabaseConnection, DatabaseTransaction, QueryOrder, QuerySelect};

use super::{begin, imports};
use crate::database::padded;
use crate::entity::statement_lines;
use crate::entity::statement_matches::{ActiveModel, Column, Entity, Model};
use crate::error::{commit_error, statement_error};
use crate::mapping;

/// The rows of one INSERT, which stays below the smallest packet of a server.
const ROWS_PER_INSERT: usize = 64;

/// Inserts the matches that do not exist, all in one transaction. Returns whether the import is still being posted.
pub(super) async fn insert(
    connection: &DatabaseConnection,
    import: ImportId,
    matches: &[NewMatch],
) -> Result<bool, StoreError> {
    if matches.is_empty() {
        return Ok(true);
    }
    let transaction = begin(connection).await?;
    if !imports::lock_if_posting(&transaction, import).await? {
        return Ok(false);
    }
    for matches in matches.chunks(ROWS_PER_INSERT) {
        insert_new(&transaction, matches).await?;
        #[cfg(feature = "fault-injection")]
        hermes_fault::hit(hermes_fault::FailPoint::AfterMatchesInserted);
    }
    transaction.commit().await.map_err(commit_error)?;
    Ok(true)
}

async fn insert_new(transaction: &DatabaseTransaction, matches: &[NewMatch]) -> Result<(), StoreError> {
    let ids: Vec<Uuid> = matches.iter().map(|proposal| proposal.id.0).collect();
    let known: Vec<Uuid> = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::Id.is_in(padded(&ids).copied()))
        .into_tuple()
        .all(transaction)
        .await
        .map_err(statement_error)?;
    let new = matches.iter().filter(|proposal| !known.contains(&proposal.id.0));
    let new = new.map(mapping::new_match).collect::<Result<Vec<_>, _>>()?;
    if !new.is_empty() {
        Entity::insert_many(new).exec_without_returning(transaction).await.map_err(statement_error)?;
    }
    Ok(())
}

pub(super) async fn of_lines(
    connection: &DatabaseConnection,
    import: ImportId,
    lines: &[StatementLineId],
) -> Result<Vec<StoredMatch>, StoreError> {
    if lines.is_empty() {
        return Ok(Vec::new());
    }
    let lines: Vec<Vec<u8>> = lines.iter().map(|line| line.0.to_vec()).collect();
    let rows = Entity::find()
        .filter(Column::LineId.is_in(padded(&lines).cloned()))
        .filter(Column::ImportId.eq(import.0))
        .all(connection)
        .await
        .map_err(statement_error)?;
    with_lines(connection, rows).await
}

pub(super) async fn find(
    connection: &DatabaseConnection,
    id: MatchId,
) -> Result<Option<StoredMatch>, StoreError> {
    let row = Entity::find_by_id(id.0).one(connection).await.map_err(statement_error)?;
    Ok(with_lines(connection, row.into_iter().collect()).await?.pop())
}

pub(super) async fn list(
    connection: &DatabaseConnection,
    filter: &MatchFilter,
    limit: u64,
) -> Result<Vec<StoredMatch>, StoreError> {
    let mut rows = Entity::find().order_by_asc(Column::CreatedAt).order_by_asc(Column::Id).limit(limit);
    if let Some(state) = filter.state {
        rows = rows.filter(Column::State.eq(state.as_str()));
    }
    if let Some(import) = filter.import {
        rows = rows.filter(Column::ImportId.eq(import.0));
    }
    if let Some(after) = filter.after {
        let same_time =
            Condition::all().add(Column::CreatedAt.eq(after.created_at)).add(Column::Id.gt(after.id.0));
        rows = rows.filter(Condition::any().add(Column::CreatedAt.gt(after.created_at)).add(same_time));
    }
    let rows = rows.all(connection).await.map_err(statement_error)?;
    with_lines(connection, rows).await
}

/// Adds the lines, whose rows hold the amount and the receipt.
async fn with_lines(
    connection: &DatabaseConnection,
    rows: Vec<Model>,
) -> Result<Vec<StoredMatch>, StoreError> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<Vec<u8>> = rows.iter().map(|row| row.line_id.clone()).collect();
    let lines = statement_lines::Entity::find()
        .filter(statement_lines::Column::Id.is_in(padded(&ids).cloned()))
        .all(connection)
        .await
        .map_err(statement_error)?;
    let lines: HashMap<Vec<u8>, statement_lines::Model> =
        lines.into_iter().map(|line| (line.id.clone(), line)).collect();
    let with_line = |row: Model| {
        let line =
            lines.get(&row.line_id).ok_or_else(|| StoreError::Corrupt("a match has no line".to_owned()))?;
        mapping::stored_match(row, line)
    };
    rows.into_iter().map(with_line).collect()
}

/// Changes a proposed match. The line is locked, so that only one of its matches is accepted at a time.
pub(super) async fn decide(
    connection: &DatabaseConnection,
    id: MatchId,
    state: MatchState,
    actor: &str,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let transaction = begin(connection).await?;
    let Some(line) = lock_line_of(&transaction, id).await? else { return Ok(false) };
    if state == MatchState::Accepting && is_any_accepting(&transaction, &line).await? {
        return Ok(false);
    }
    let is_match = Condition::all().add(Column::Id.eq(id.0)).add(is_in(MatchState::Proposed));
    let decided = update(&transaction, is_match, decision(state, Some(actor), Some(now))).await?;
    transaction.commit().await.map_err(commit_error)?;
    Ok(decided == 1)
}

/// Changes a match that is being accepted back to proposed.
pub(super) async fn return_proposed(connection: &DatabaseConnection, id: MatchId) -> Result<(), StoreError> {
    let is_match = Condition::all().add(Column::Id.eq(id.0)).add(is_in(MatchState::Accepting));
    update(connection, is_match, decision(MatchState::Proposed, None, None)).await.map(|_| ())
}

/// Stores that the payments of a match are allocated.
pub(super) async fn finish(
    connection: &DatabaseConnection,
    id: MatchId,
    actor: &str,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let transaction = begin(connection).await?;
    let Some(line) = lock_line_of(&transaction, id).await? else { return Ok(false) };
    let is_match =
        Condition::all().add(Column::Id.eq(id.0)).add(Column::State.ne(MatchState::Undone.as_str()));
    let accepted =
        update(&transaction, is_match, decision(MatchState::Accepted, Some(actor), Some(now))).await?;
    if accepted == 1 {
        let is_other = Condition::all().add(Column::LineId.eq(line.clone())).add(is_in(MatchState::Proposed));
        update(&transaction, is_other, decision(MatchState::Rejected, Some(actor), Some(now))).await?;
        let posted = LineState::Posted.as_str().to_owned();
        statement_lines::Entity::update_many()
            .set(statement_lines::ActiveModel { state: Set(posted), ..Default::default() })
            .filter(statement_lines::Column::Id.eq(line))
            .filter(statement_lines::Column::State.eq(LineState::Unallocated.as_str()))
            .exec(&transaction)
            .await
            .map_err(statement_error)?;
    }
    transaction.commit().await.map_err(commit_error)?;
    Ok(accepted == 1)
}

fn is_in(state: MatchState) -> Expr {
    Column::State.eq(state.as_str())
}

/// Returns whether a match of a line is being accepted. The read locks, so it sees what preceded the lock of the line.
async fn is_any_accepting(transaction: &DatabaseTransaction, line: &[u8]) -> Result<bool, StoreError> {
    let accepting: Vec<Uuid> = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::LineId.eq(line.to_vec()))
        .filter(is_in(MatchState::Accepting))
        .lock_exclusive()
        .into_tuple()
        .all(transaction)
        .await
        .map_err(statement_error)?;
    Ok(!accepting.is_empty())
}

fn decision(state: MatchState, actor: Option<&str>, now: Option<DateTime<Utc>>) -> ActiveModel {
    ActiveModel {
        state: Set(state.as_str().to_owned()),
        decided_by: Set(actor.map(str::to_owned)),
        decided_at: Set(now),
        ..Default::default()
    }
}

/// Changes the matches for which a condition holds, and returns their number.
async fn update<C: ConnectionTrait>(
    connection: &C,
    condition: Condition,
    change: ActiveModel,
) -> Result<u64, StoreError> {
    let update = Entity::update_many().set(change).filter(condition);
    Ok(update.exec(connection).await.map_err(statement_error)?.rows_affected)
}

/// Locks the line of a match until the end of the transaction, and returns its identity; `None` if there is no such match.
async fn lock_line_of(transaction: &DatabaseTransaction, id: MatchId) -> Result<Option<Vec<u8>>, StoreError> {
    let line: Option<Vec<u8>> = Entity::find_by_id(id.0)
        .select_only()
        .column(Column::LineId)
        .into_tuple()
        .one(transaction)
        .await
        .map_err(statement_error)?;
    let Some(line) = line else { return Ok(None) };
    statement_lines::Entity::find_by_id(line)
        .select_only()
        .column(statement_lines::Column::Id)
        .lock_exclusive()
        .into_tuple()
        .one(transaction)
        .await
        .map_err(statement_error)
}

pub(super) async fn undo<C: ConnectionTrait>(
    connection: &C,
    import: ImportId,
    lines: &[StatementLineId],
) -> Result<(), StoreError> {
    if lines.is_empty() {
        return Ok(());
    }
    let lines: Vec<Vec<u8>> = lines.iter().map(|line| line.0.to_vec()).collect();
    Entity::update_many()
        .set(ActiveModel { state: Set(MatchState::Undone.as_str().to_owned()), ..Default::default() })
        .filter(Column::LineId.is_in(padded(&lines).cloned()))
        .filter(Column::ImportId.eq(import.0))
        .filter(Column::State.ne(MatchState::Rejected.as_str()))
        .exec(connection)
        .await
        .map_err(statement_error)?;
    Ok(())
}

pub(super) async fn withdraw(
    connection: &DatabaseConnection,
    id: MatchId,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    Entity::update_many()
        .set(ActiveModel {
            state: Set(MatchState::Rejected.as_str().to_owned()),
            decided_at: Set(Some(now)),
            ..Default::default()
        })
        .filter(Column::Id.eq(id.0))
        .filter(Column::State.eq(MatchState::Posted.as_str()))
        .exec(connection)
        .await
        .map_err(statement_error)?;
    Ok(())
}
