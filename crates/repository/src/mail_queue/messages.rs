//! The rows of messages.

use chrono::{DateTime, Utc};
use hermes_domain::ledger::{Digest, EventId, OutboxEvent};
use hermes_domain::mail::{MailRejection, MessageResult, WaitingMessage};
use hermes_domain::payment::Reference;
use hermes_domain::ports::StoreError;
use sea_orm::ActiveValue::Set;
use sea_orm::prelude::*;
use sea_orm::sea_query::{Alias, ExprTrait as _, Query};
use sea_orm::{DatabaseConnection, DatabaseTransaction, QueryOrder, QuerySelect, TransactionTrait};

use crate::entity::mail_messages::{ActiveModel, Column, Entity, Model};
use crate::entity::mail_sender;
use crate::error::statement_error;

const WAITING: &str = "WAITING";
const SENT: &str = "SENT";
const REJECTED: &str = "REJECTED";
const DROPPED: &str = "DROPPED";

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
    update_waiting(connection, event_seq, postponed).await.map(drop)
}

/// Ends a message. A sent message deletes the earlier rejections of its payment in the same transaction.
pub(super) async fn finish(
    connection: &DatabaseConnection,
    event_seq: i64,
    result: MessageResult,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let ended = ActiveModel { finished_at: Set(Some(at)), ..Default::default() };
    let address_key = match result {
        MessageResult::Rejected { reason } => {
            let reason = reason.chars().take(REASON_CHARS).collect();
            let rejected =
                ActiveModel { state: Set(REJECTED.to_owned()), reason: Set(Some(reason)), ..ended };
            return update_waiting(connection, event_seq, rejected).await.map(drop);
        }
        MessageResult::Dropped => {
            let dropped = ActiveModel { state: Set(DROPPED.to_owned()), ..ended };
            return update_waiting(connection, event_seq, dropped).await.map(drop);
        }
        MessageResult::Sent { address_key } => address_key,
    };
    let sent =
        ActiveModel { state: Set(SENT.to_owned()), address_key: Set(Some(address_key.to_vec())), ..ended };
    let transaction = connection.begin().await.map_err(statement_error)?;
    let finished = finish_sent(&transaction, event_seq, sent).await;
    if finished.is_ok() {
        transaction.commit().await.map_err(statement_error)?;
    } else {
        transaction.rollback().await.map_err(statement_error)?;
    }
    finished
}

async fn finish_sent(
    transaction: &DatabaseTransaction,
    event_seq: i64,
    sent: ActiveModel,
) -> Result<(), StoreError> {
    if !update_waiting(transaction, event_seq, sent).await? {
        return Ok(());
    }
    let reference: Option<String> = Entity::find_by_id(event_seq)
        .select_only()
        .column(Column::Reference)
        .into_tuple()
        .one(transaction)
        .await
        .map_err(statement_error)?;
    Entity::delete_many()
        .filter(Column::Reference.eq(reference.unwrap_or_default()))
        .filter(Column::State.eq(REJECTED))
        .exec(transaction)
        .await
        .map_err(statement_error)?;
    Ok(())
}

/// Changes a message that waits. Returns whether it waited.
async fn update_waiting<C: ConnectionTrait>(
    connection: &C,
    event_seq: i64,
    change: ActiveModel,
) -> Result<bool, StoreError> {
    let updated = Entity::update_many()
        .set(change)
        .filter(Column::EventSeq.eq(event_seq))
        .filter(Column::State.eq(WAITING))
        .exec(connection)
        .await
        .map_err(statement_error)?;
    Ok(updated.rows_affected > 0)
}

pub(super) async fn is_waiting(
    connection: &DatabaseConnection,
    reference: Reference,
    event_type: &str,
) -> Result<bool, StoreError> {
    let found = Entity::find()
        .filter(Column::Reference.eq(reference.to_string()))
        .filter(Column::State.eq(WAITING))
        .filter(Column::EventType.eq(event_type))
        .one(connection)
        .await;
    found.map(|row| row.is_some()).map_err(statement_error)
}

pub(super) async fn rejection(
    connection: &DatabaseConnection,
    reference: Reference,
) -> Result<Option<MailRejection>, StoreError> {
    let row = Entity::find()
        .filter(Column::Reference.eq(reference.to_string()))
        .filter(Column::State.eq(REJECTED))
        .order_by_desc(Column::EventSeq)
        .one(connection)
        .await
        .map_err(statement_error)?;
    let rejection =
        |row: Model| Some(MailRejection { at: row.finished_at?, reason: row.reason.unwrap_or_default() });
    Ok(row.and_then(rejection))
}

/// Deletes old rows of sent and dropped messages.
pub(super) async fn purge(
    connection: &DatabaseConnection,
    before: DateTime<Utc>,
    limit: u64,
) -> Result<u64, StoreError> {
    let old: Vec<i64> = Entity::find()
        .select_only()
        .column(Column::EventSeq)
        .filter(Column::State.is_in([SENT, DROPPED]))
        .filter(Column::FinishedAt.lt(before))
        .order_by_asc(Column::EventSeq)
        .limit(limit)
        .into_tuple()
        .all(connection)
        .await
        .map_err(statement_error)?;
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
        Ok(Self {
            reference: Reference::parse(&row.reference).map_err(corrupt)?,
            attempts: row.attempts,
            event: OutboxEvent {
                id: EventId(row.event_id),
                seq: row.event_seq,
                event_type: row.event_type,
                occurred_at: row.occurred_at,
                reference: row.event_reference,
                data: row.payload,
            },
        })
    }
}
