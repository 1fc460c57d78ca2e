//! Reads and writes statement lines.

use std::collections::{HashMap, HashSet};

use hermes_domain::ports::{LineResult, StoreError};
use hermes_domain::receipt::StatementLineId;
use hermes_domain::statement::{BankLine, Direction, ImportId, ImportState, LineState, StoredLine};
use sea_orm::ActiveValue::Set;
use sea_orm::prelude::*;
use sea_orm::sea_query::CaseStatement;
use sea_orm::{DatabaseConnection, DatabaseTransaction, QueryOrder, QuerySelect};

use super::{begin, imports, matches};
use crate::database::padded;
use crate::entity::statement_imports;
use crate::entity::statement_lines::{ActiveModel, Column, Entity, Model};
use crate::error::{commit_error, statement_error};
use crate::mapping;

/// The most lines that a reversal is compared with.
const MAX_LIKE: u64 = 1_000;

/// Stores new lines, takes over lines that ended imports have not booked, and returns the lines of the import among `lines`;
/// `None` if the import is not being posted any more.
pub(super) async fn insert(
    connection: &DatabaseConnection,
    import: ImportId,
    lines: &[BankLine],
) -> Result<Option<Vec<StoredLine>>, StoreError> {
    let transaction = begin(connection).await?;
    if !imports::lock_if_posting(&transaction, import).await? {
        return Ok(None);
    }
    let ids: Vec<Vec<u8>> = lines.iter().map(|line| line.id.0.to_vec()).collect();
    let stored = rows(&transaction, &ids).await?;
    let ended = ended_imports(&transaction, stored.values()).await?;
    let (mut new, mut own) = (Vec::new(), Vec::new());
    for line in lines {
        let row = stored.get(line.id.0.as_slice());
        match row {
            // Later in the list, the line is a repetition.
            _ if own.iter().any(|own: &StoredLine| own.line.id == line.id) => continue,
            None => new.push(mapping::new_line(import, line)?),
            Some(row) if row.import_id == import.0 => {
                own.push(StoredLine::try_from(row.clone())?);
                continue;
            }
            Some(row) if is_free(row, &ended) => {
                matches::undo(&transaction, ImportId(row.import_id), &[line.id]).await?;
                take_over(&transaction, import, line).await?;
            }
            Some(_) => continue,
        }
        own.push(StoredLine { import, line: line.clone(), state: LineState::New, receipt: None });
    }
    if !new.is_empty() {
        Entity::insert_many(new).exec_without_returning(&transaction).await.map_err(statement_error)?;
    }
    transaction.commit().await.map_err(commit_error)?;
    Ok(Some(own))
}

/// Returns whether the import of a line has ended without booking it. A line whose transfer bounced remains booked once and
/// reversed.
fn is_free(row: &Model, ended: &HashMap<Uuid, ImportState>) -> bool {
    let is_in = |state: LineState| row.state == state.as_str();
    match ended.get(&row.import_id) {
        Some(ImportState::Undone) => !is_in(LineState::Posted) && !is_in(LineState::Unallocated),
        Some(ImportState::Refused) => is_in(LineState::New),
        _ => false,
    }
}

async fn rows<C: ConnectionTrait>(
    connection: &C,
    ids: &[Vec<u8>],
) -> Result<HashMap<Vec<u8>, Model>, StoreError> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = Entity::find().filter(Column::Id.is_in(padded(ids).cloned())).all(connection).await;
    Ok(rows.map_err(statement_error)?.into_iter().map(|row| (row.id.clone(), row)).collect())
}

/// Returns the imports of lines that are undone or refused.
async fn ended_imports(
    transaction: &DatabaseTransaction,
    rows: impl Iterator<Item = &Model>,
) -> Result<HashMap<Uuid, ImportState>, StoreError> {
    let imports: HashSet<Uuid> = rows.map(|row| row.import_id).collect();
    if imports.is_empty() {
        return Ok(HashMap::new());
    }
    let states = [ImportState::Undone, ImportState::Refused];
    let ended: Vec<(Uuid, String)> = statement_imports::Entity::find()
        .select_only()
        .columns([statement_imports::Column::Id, statement_imports::Column::State])
        .filter(statement_imports::Column::Id.is_in(imports))
        .filter(statement_imports::Column::State.is_in(states.map(ImportState::as_str)))
        .into_tuple()
        .all(transaction)
        .await
        .map_err(statement_error)?;
    let state_of = |text: &str| states.into_iter().find(|state| state.as_str() == text);
    Ok(ended.into_iter().filter_map(|(import, state)| Some((import, state_of(&state)?))).collect())
}

async fn take_over(
    transaction: &DatabaseTransaction,
    import: ImportId,
    line: &BankLine,
) -> Result<(), StoreError> {
    let row = mapping::new_line(import, line)?;
    Entity::update_many()
        .set(ActiveModel { id: sea_orm::ActiveValue::NotSet, ..row })
        .filter(Column::Id.eq(line.id.0.to_vec()))
        .exec(transaction)
        .await
        .map_err(statement_error)?;
    Ok(())
}

/// Stores the results of lines in the state `from` with one statement, and the position of the import, which only grows.
pub(super) async fn finish(
    connection: &DatabaseConnection,
    import: ImportId,
    results: &[LineResult],
    from: Option<LineState>,
    position: Option<i64>,
) -> Result<(), StoreError> {
    let transaction = begin(connection).await?;
    if !results.is_empty() {
        let ids: Vec<Vec<u8>> = results.iter().map(|result| result.line.0.to_vec()).collect();
        let (mut states, mut receipts) = (CaseStatement::new(), CaseStatement::new());
        for result in results {
            let is_line = || Column::Id.eq(result.line.0.to_vec());
            states = states.case(is_line(), result.state.as_str());
            receipts = receipts.case(is_line(), result.receipt.map(|number| number.to_string()));
        }
        let mut update = Entity::update_many();
        if let Some(from) = from {
            update = update.filter(Column::State.eq(from.as_str()));
        }
        update
            .col_expr(Column::State, states.into())
            .col_expr(Column::Receipt, receipts.into())
            .filter(Column::Id.is_in(ids))
            .filter(Column::ImportId.eq(import.0))
            .filter(Column::State.ne(LineState::Reversed.as_str()))
            .exec(&transaction)
            .await
            .map_err(statement_error)?;
    }
    if let Some(position) = position {
        statement_imports::Entity::update_many()
            .set(statement_imports::ActiveModel { position: Set(position), ..Default::default() })
            .filter(statement_imports::Column::Id.eq(import.0))
            .filter(statement_imports::Column::Position.lt(position))
            .exec(&transaction)
            .await
            .map_err(statement_error)?;
    }
    transaction.commit().await.map_err(commit_error)
}

pub(super) async fn of_import(
    connection: &DatabaseConnection,
    import: ImportId,
    state: LineState,
    after: i64,
    limit: u64,
) -> Result<Vec<StoredLine>, StoreError> {
    let rows = Entity::find()
        .filter(Column::ImportId.eq(import.0))
        .filter(Column::State.eq(state.as_str()))
        .filter(Column::Number.gt(after))
        .order_by_asc(Column::Number)
        .limit(limit);
    decode(rows.all(connection).await)
}

pub(super) async fn like(
    connection: &DatabaseConnection,
    line: &BankLine,
) -> Result<Vec<StoredLine>, StoreError> {
    let rows = Entity::find()
        .filter(Column::Account.eq(line.account.as_str()))
        .filter(Column::Amount.eq(line.amount.minor()))
        .filter(Column::Currency.eq(line.amount.currency().code()))
        .filter(Column::Direction.eq(Direction::Credit.as_str()))
        .filter(Column::BookingDate.lte(line.booking_date))
        .filter(Column::Receipt.is_not_null())
        .order_by_desc(Column::BookingDate)
        .limit(MAX_LIKE);
    decode(rows.all(connection).await)
}

pub(super) async fn with_number(
    connection: &DatabaseConnection,
    import: ImportId,
    number: i64,
) -> Result<Option<StoredLine>, StoreError> {
    let rows = Entity::find().filter(Column::ImportId.eq(import.0)).filter(Column::Number.eq(number));
    Ok(decode(rows.all(connection).await)?.pop())
}

/// Changes the state of a line without a receipt.
pub(super) async fn change(
    connection: &DatabaseConnection,
    line: StatementLineId,
    from: LineState,
    to: LineState,
) -> Result<bool, StoreError> {
    let changed = Entity::update_many()
        .set(ActiveModel { state: Set(to.as_str().to_owned()), ..Default::default() })
        .filter(Column::Id.eq(line.0.to_vec()))
        .filter(Column::State.eq(from.as_str()))
        .filter(Column::Receipt.is_null())
        .exec(connection)
        .await
        .map_err(statement_error)?;
    Ok(changed.rows_affected == 1)
}

pub(super) async fn find(
    connection: &DatabaseConnection,
    ids: &[StatementLineId],
) -> Result<Vec<StoredLine>, StoreError> {
    let ids: Vec<Vec<u8>> = ids.iter().map(|id| id.0.to_vec()).collect();
    rows(connection, &ids).await?.into_values().map(StoredLine::try_from).collect()
}

pub(super) fn decode(rows: Result<Vec<Model>, DbErr>) -> Result<Vec<StoredLine>, StoreError> {
    rows.map_err(statement_error)?.into_iter().map(StoredLine::try_from).collect()
}
