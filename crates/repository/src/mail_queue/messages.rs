//! The rows of messages.

use chrono::{DateTime, Utc};
use hermes_domain::ledger::{Digest, EventId, OutboxEvent};
use hermes_domain::mail::{MessageResult, WaitingMessage};
use hermes_domain::payment::Reference;
use hermes_domain::ports::StoreError;
use sea_orm::ActiveValue::Set;
use sea_orm::prelude::*;
use sea_orm::sea_query::{Alias, ExprTrait as _, Query};
use sea_orm::{DatabaseConnection, DatabaseTransaction, QueryOrder, QuerySelect, TransactionTrait};

use crate::entity::mail_messages::{ActiveModel, Column, Entity, Model};
use crate::entity::mail_sender;
use crate::error::statement_error;

pub(crate) const WAITING: &str = "WAITING";
pub(super) const SENT: &str = "SENT";
pub(super) const REJECTED: &str = "REJECTED";
pub(super) const DROPPED: &str = "DROPPED";

/// The width of `reason`, in characters.
const REASON_CHARS: usize = 255;

/// Returns the row of a new message.
pub(super) fn waiting(event: &OutboxEvent, reference: Reference) -> ActiveModel {
    ActiveModel {
        event_seq: Set(event.seq),
        event_id: Set(event.id.0),
        event_type: Set(event.event_type.clone()),
        event_reference: Set(event.reference.clone()),
        payload: Set(event.data.clone()),
        occurred_at: Set(event.occurred_at),
        reference: Set(reference.to_string()),
        state: Set(WAITING.to_owned()),
        attempts: Set(0),
        not_before: Set(event.occurred_at),
        finished_at: Set(None),
        address_key: Set(None),
        reason: Set(None),
    }
}

/// Moves the cursor and inserts the rows, in one transaction.
pub(super) async fn enqueue(
    connection: &DatabaseConnection,
    from: i64,
    to: i64,
    rows: Vec<ActiveModel>,
) -> Result<bool, StoreError> {
    let transaction = connection.begin().await.map_err(statement_error)?;
    let moved = move_cursor(&transaction, from, to, rows).await;
    if let Ok(true) = moved {
        transaction.commit().await.map_err(statement_error)?;
    } else {
        transaction.rollback().await.map_err(statement_error)?;
    }
    moved
}

async fn move_cursor(
    transaction: &DatabaseTransaction,
    from: i64,
    to: i64,
    rows: Vec<ActiveModel>,
) -> Result<bool, StoreError> {
    let moved = mail_sender::Entity::update_many()
        .col_expr(mail_sender::Column::CursorSeq, Expr::value(to))
        .filter(mail_sender::Column::CursorSeq.eq(from))
        .exec(transaction)
        .await
        .map_err(statement_error)?;
    let is_moved = moved.rows_affected > 0;
    if is_moved && !rows.is_empty() {
        Entity::insert_many(rows).exec_without_returning(transaction).await.map_err(statement_error)?;
    }
    Ok(is_moved)
}

/// Returns the first due message that no earlier waiting message of the same payment precedes.
pub(super) async fn next(
    connection: &DatabaseConnection,
    now: DateTime<Utc>,
) -> Result<Option<WaitingMessage>, StoreError> {
    let earlier = Alias::new("earlier");
    let of_earlier = |column: Column| Expr::col((earlier.clone(), column));
    let precedes = Query::select()
        .expr(Expr::value(1))
        .from_as(Entity, earlier.clone())
        .and_where(of_earlier(Column::Reference).equals((Entity, Column::Reference)))
        .and_where(of_earlier(Column::State).eq(WAITING))
        .and_where(of_earlier(Column::EventSeq).lt(Expr::col((Entity, Column::EventSeq))))
        .take();
    let row = Entity::find()
        .filter(Column::State.eq(WAITING))
        .filter(Column::NotBefore.lte(now))
        .filter(Expr::exists(precedes).not())
        .order_by_asc(Column::EventSeq)
        .limit(1)
        .one(connection)
        .await
        .map_err(statement_error)?;
    row.map(WaitingMessage::try_from).transpose()
}

pub(super) async fn sent_since(
    connection: &DatabaseConnection,
    address_key: Digest,
    since: DateTime<Utc>,
) -> Result<Vec<DateTime<Utc>>, StoreError> {
    Entity::find()
        .select_only()
        .column(Column::FinishedAt)
        .filter(Column::AddressKey.eq(address_key.to_vec()))
        .filter(Column::State.eq(SENT))
        .filter(Column::FinishedAt.gt(since))
        .order_by_asc(Column::FinishedAt)
        .into_tuple()
        .all(connection)
        .await
        .map_err(statement_error)
}

pub(super) async fn postpone(
    connection: &DatabaseConnection,
    event_seq: i64,
    until: DateTime<Utc>,
    attempts: i32,
) -> Result<(), StoreError> {
    let postponed = ActiveModel { not_before: Set(until), attempts: Set(attempts), ..Default::default() };
    update_waiting(connection, event_seq, postponed).await
}

/// Ends a message that waits.
pub(super) async fn finish(
    connection: &DatabaseConnection,
    event_seq: i64,
    result: MessageResult,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let (state, address_key, reason) = match result {
        MessageResult::Sent { address_key } => (SENT, Some(address_key.to_vec()), None),
        MessageResult::Rejected { reason } => {
            (REJECTED, None, Some(reason.chars().take(REASON_CHARS).collect()))
        }
        MessageResult::Dropped => (DROPPED, None, None),
    };
    let finished = ActiveModel {
        state: Set(state.to_owned()),
        finished_at: Set(Some(at)),
        address_key: Set(address_key),
        reason: Set(reason),
        ..Default::default()
    };
    update_waiting(connection, event_seq, finished).await
}

/// Changes a message that waits. A message that has ended remains as it is.
async fn update_waiting(
    connection: &DatabaseConnection,
    event_seq: i64,
    change: ActiveModel,
) -> Result<(), StoreError> {
    let updated = Entity::update_many()
        .set(change)
        .filter(Column::EventSeq.eq(event_seq))
        .filter(Column::State.eq(WAITING))
        .exec(connection)
        .await;
    updated.map(drop).map_err(statement_error)
}

pub(super) async fn is_waiting(
    connection: &DatabaseConnection,
    reference: Reference,
) -> Result<bool, StoreError> {
    let found = Entity::find()
        .filter(Column::Reference.eq(reference.to_string()))
        .filter(Column::State.eq(WAITING))
        .one(connection)
        .await;
    found.map(|row| row.is_some()).map_err(statement_error)
}

/// Deletes old rows of sent and dropped messages.
///
/// The oldest rows of a state are in the order of the index, so that the statement does not read all rows.
pub(super) async fn purge(
    connection: &DatabaseConnection,
    before: DateTime<Utc>,
    limit: u64,
) -> Result<u64, StoreError> {
    let mut old: Vec<i64> = Vec::new();
    for state in [DROPPED, SENT] {
        let oldest: Vec<(i64, Option<DateTime<Utc>>)> = Entity::find()
            .select_only()
            .columns([Column::EventSeq, Column::FinishedAt])
            .filter(Column::State.eq(state))
            .order_by_asc(Column::EventSeq)
            .limit(limit - u64::try_from(old.len()).unwrap_or(limit))
            .into_tuple()
            .all(connection)
            .await
            .map_err(statement_error)?;
        let is_old = |(_, at): &(i64, Option<DateTime<Utc>>)| at.is_some_and(|at| at < before);
        old.extend(oldest.into_iter().filter(is_old).map(|(event_seq, _)| event_seq));
    }
    if old.is_empty() {
        return Ok(0);
    }
    let deleted = Entity::delete_many().filter(Column::EventSeq.is_in(old)).exec(connection).await;
    Ok(deleted.map_err(statement_error)?.rows_affected)
}

/// Returns the number of waiting messages and when the event of the oldest occurred.
pub(super) async fn waiting_summary(
    connection: &DatabaseConnection,
) -> Result<(u64, Option<DateTime<Utc>>), StoreError> {
    let waiting = Entity::find().filter(Column::State.eq(WAITING));
    let count = waiting.clone().count(connection).await.map_err(statement_error)?;
    let oldest = waiting.order_by_asc(Column::EventSeq).one(connection).await.map_err(statement_error)?;
    Ok((count, oldest.map(|row| row.occurred_at)))
}

impl TryFrom<Model> for WaitingMessage {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let corrupt = |_| StoreError::Corrupt(format!("mail message {}: reference", row.event_seq));
        let reference = Reference::parse(&row.reference).map_err(corrupt)?;
        Ok(Self { reference, attempts: row.attempts, event: row.into() })
    }
}

impl From<Model> for OutboxEvent {
    fn from(row: Model) -> Self {
        Self {
            id: EventId(row.event_id),
            seq: row.event_seq,
            event_type: row.event_type,
            occurred_at: row.occurred_at,
            reference: row.event_reference,
            data: row.payload,
        }
    }
}
