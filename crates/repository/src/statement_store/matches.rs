//! Reads and writes matches.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use hermes_domain::ports::{MatchFilter, StoreError};
use hermes_domain::receipt::StatementLineId;
use hermes_domain::statement::{ImportId, MatchId, MatchState, NewMatch, StoredMatch};
use sea_orm::ActiveValue::Set;
use sea_orm::prelude::*;
use sea_orm::{Condition, DatabaseConnection, QueryOrder, QuerySelect};

use super::begin;
use crate::database::padded;
use crate::entity::statement_lines;
use crate::entity::statement_matches::{ActiveModel, Column, Entity, Model};
use crate::error::{commit_error, statement_error};
use crate::mapping;

/// Inserts the matches that do not exist.
pub(super) async fn insert(connection: &DatabaseConnection, matches: &[NewMatch]) -> Result<(), StoreError> {
    if matches.is_empty() {
        return Ok(());
    }
    let transaction = begin(connection).await?;
    let ids: Vec<Uuid> = matches.iter().map(|proposal| proposal.id.0).collect();
    let known: Vec<Uuid> = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::Id.is_in(padded(&ids).copied()))
        .into_tuple()
        .all(&transaction)
        .await
        .map_err(statement_error)?;
    let new = matches.iter().filter(|proposal| !known.contains(&proposal.id.0));
    let new = new.map(mapping::new_match).collect::<Result<Vec<_>, _>>()?;
    if !new.is_empty() {
        Entity::insert_many(new).exec_without_returning(&transaction).await.map_err(statement_error)?;
    }
    transaction.commit().await.map_err(commit_error)
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

pub(super) async fn decide(
    connection: &DatabaseConnection,
    id: MatchId,
    state: MatchState,
    actor: &str,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let transaction = begin(connection).await?;
    let decision = |state: MatchState| ActiveModel {
        state: Set(state.as_str().to_owned()),
        decided_by: Set(Some(actor.to_owned())),
        decided_at: Set(Some(now)),
        ..Default::default()
    };
    let decided = Entity::update_many()
        .set(decision(state))
        .filter(Column::Id.eq(id.0))
        .filter(Column::State.eq(MatchState::Proposed.as_str()))
        .exec(&transaction)
        .await
        .map_err(statement_error)?;
    let is_decided = decided.rows_affected == 1;
    if is_decided && state == MatchState::Accepted {
        let line: Option<Vec<u8>> = Entity::find_by_id(id.0)
            .select_only()
            .column(Column::LineId)
            .into_tuple()
            .one(&transaction)
            .await
            .map_err(statement_error)?;
        Entity::update_many()
            .set(decision(MatchState::Rejected))
            .filter(Column::LineId.eq(line.unwrap_or_default()))
            .filter(Column::State.eq(MatchState::Proposed.as_str()))
            .exec(&transaction)
            .await
            .map_err(statement_error)?;
    }
    transaction.commit().await.map_err(commit_error)?;
    Ok(is_decided)
}

pub(super) async fn undo(
    connection: &DatabaseConnection,
    lines: &[StatementLineId],
) -> Result<(), StoreError> {
    if lines.is_empty() {
        return Ok(());
    }
    let lines: Vec<Vec<u8>> = lines.iter().map(|line| line.0.to_vec()).collect();
    Entity::update_many()
        .set(ActiveModel { state: Set(MatchState::Undone.as_str().to_owned()), ..Default::default() })
        .filter(Column::LineId.is_in(padded(&lines).cloned()))
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
