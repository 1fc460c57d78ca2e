//! Reads and deletes event rows.

use chrono::{DateTime, Utc};
use hermes_domain::ledger::{BatchToken, EventId, EventPosition, OutboxEvent};
use hermes_domain::ports::{EventsAfter, StoreError};
use sea_orm::prelude::*;
use sea_orm::{DatabaseConnection, QueryOrder, QuerySelect, TransactionTrait};

use crate::database::padded;
use crate::entity::outbox::{Column, Entity};
use crate::error::statement_error;
use crate::reader;

/// Events per page.
const MAX_EVENTS: u64 = 1_025;

/// Numbers per statement of [`find`], a power of two.
const MAX_SEQS_PER_STATEMENT: usize = 512;

/// Reads the events after a number in one snapshot.
pub(super) async fn read_after(
    connection: &DatabaseConnection,
    after: Option<i64>,
    limit: u64,
) -> Result<EventsAfter, StoreError> {
    let snapshot = connection.begin().await.map_err(statement_error)?;
    // The first SELECT takes the snapshot, so the head is read first.
    let newest = reader::head(&snapshot).await?.event_seq;
    let rows = Entity::find()
        .filter(Column::Seq.gt(after.unwrap_or_default()))
        .order_by_asc(Column::Seq)
        .limit(limit.clamp(1, MAX_EVENTS))
        .all(&snapshot)
        .await
        .map_err(statement_error)?;
    let next = rows.first().map_or(newest + 1, |row| row.seq);
    let found = match after {
        Some(seq) if next != seq + 1 => {
            EventsAfter::OutOfRange { oldest: oldest(&snapshot, newest).await?, newest }
        }
        _ => EventsAfter::Events(rows.into_iter().map(OutboxEvent::try_from).collect::<Result<_, _>>()?),
    };
    snapshot.commit().await.map_err(statement_error)?;
    Ok(found)
}

/// Returns the positions of those events that are still stored.
pub(super) async fn find(
    connection: &DatabaseConnection,
    seqs: &[i64],
) -> Result<Vec<EventPosition>, StoreError> {
    let mut found = Vec::new();
    for seqs in seqs.chunks(MAX_SEQS_PER_STATEMENT) {
        let rows: Vec<(i64, Uuid)> = Entity::find()
            .select_only()
            .columns([Column::Seq, Column::BatchToken])
            .filter(Column::Seq.is_in(padded(seqs).copied()))
            .into_tuple()
            .all(connection)
            .await
            .map_err(statement_error)?;
        let position = |(seq, batch)| EventPosition { seq, id: EventId::new(BatchToken(batch), seq) };
        found.extend(rows.into_iter().map(position));
    }
    Ok(found)
}

/// Deletes at most `limit` of the oldest events that are older than `before` and have a number below `below`.
///
/// Numbers and times have the same order, so only the first rows can be old. No index by time is needed.
pub(super) async fn purge(
    connection: &DatabaseConnection,
    before: DateTime<Utc>,
    below: i64,
    limit: u64,
) -> Result<u64, StoreError> {
    let first: Vec<(i64, DateTime<Utc>)> = Entity::find()
        .select_only()
        .columns([Column::Seq, Column::CreatedAt])
        .filter(Column::Seq.lt(below))
        .order_by_asc(Column::Seq)
        .limit(limit)
        .into_tuple()
        .all(connection)
        .await
        .map_err(statement_error)?;
    let old: Vec<i64> =
        first.into_iter().take_while(|(_, created_at)| *created_at < before).map(|(seq, _)| seq).collect();
    if old.is_empty() {
        return Ok(0);
    }
    let deleted = Entity::delete_many().filter(Column::Seq.is_in(old)).exec(connection).await;
    Ok(deleted.map_err(statement_error)?.rows_affected)
}

async fn oldest<C: ConnectionTrait>(connection: &C, newest: i64) -> Result<i64, StoreError> {
    let oldest: Option<i64> = Entity::find()
        .select_only()
        .column(Column::Seq)
        .order_by_asc(Column::Seq)
        .limit(1)
        .into_tuple()
        .one(connection)
        .await
        .map_err(statement_error)?;
    Ok(oldest.unwrap_or(newest + 1))
}
