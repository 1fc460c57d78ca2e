//! Reading events.

use hermes_domain::ledger::{BatchToken, EventId, EventPosition, OutboxEvent};
use hermes_domain::ports::{EventsAfter, StoreError};
use sea_orm::prelude::*;
use sea_orm::{DatabaseConnection, QueryOrder, QuerySelect, TransactionTrait};

use crate::entity::outbox::{Column, Entity};
use crate::error::statement_error;
use crate::in_list_padding::padded;
use crate::load;

/// The most events of one answer.
const EVENTS_MAX: u64 = 1_025;

/// Reads the events after a number in one snapshot.
pub(super) async fn read(
    connection: &DatabaseConnection,
    after: Option<i64>,
    limit: u64,
) -> Result<EventsAfter, StoreError> {
    let snapshot = connection.begin().await.map_err(statement_error)?;
    // The head first: it is what the snapshot is of.
    let newest = load::head(&snapshot).await?.event_seq;
    let rows = Entity::find()
        .filter(Column::Seq.gt(after.unwrap_or_default()))
        .order_by_asc(Column::Seq)
        .limit(limit.clamp(1, EVENTS_MAX))
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

/// Finds which numbers are kept, with the names of their events.
pub(super) async fn find(
    connection: &DatabaseConnection,
    seqs: &[i64],
) -> Result<Vec<EventPosition>, StoreError> {
    let mut found = Vec::new();
    for seqs in seqs.chunks(512) {
        let rows: Vec<(i64, Uuid)> = Entity::find()
            .select_only()
            .columns([Column::Seq, Column::BatchToken])
            .filter(Column::Seq.is_in(padded(seqs).copied()))
            .into_tuple()
            .all(connection)
            .await
            .map_err(statement_error)?;
        found.extend(
            rows.into_iter()
                .map(|(seq, batch)| EventPosition { seq, id: EventId::new(BatchToken(batch), seq) }),
        );
    }
    Ok(found)
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
