//! Events and their rows.

use hermes_domain::ledger::{BatchToken, Event, EventId, OutboxEvent};
use hermes_domain::ports::StoreError;
use sea_orm::ActiveValue::Set;
use serde::Deserialize;

use super::corrupt::corrupt;
use crate::entity::outbox;

/// An event with the batch that writes it.
#[derive(Clone, Copy)]
pub(crate) struct EventRow<'a> {
    pub(crate) event: &'a Event,
    pub(crate) batch: BatchToken,
}

impl From<&EventRow<'_>> for outbox::ActiveModel {
    fn from(row: &EventRow<'_>) -> Self {
        Self {
            seq: Set(row.event.seq),
            batch_token: Set(row.batch.0),
            event_type: Set(row.event.kind.as_str().to_owned()),
            payment_id: Set(row.event.payment_id.0),
            payload: Set(row.event.payload.clone()),
            created_at: Set(row.event.occurred_at),
        }
    }
}

/// The part of a payload that stands beside it when it is told.
#[derive(Deserialize)]
struct Named {
    reference: String,
}

impl TryFrom<outbox::Model> for OutboxEvent {
    type Error = StoreError;

    fn try_from(row: outbox::Model) -> Result<Self, StoreError> {
        let named: Named =
            serde_json::from_str(&row.payload).map_err(|_| corrupt("outbox row", row.seq, "payload"))?;
        Ok(Self {
            id: EventId::new(BatchToken(row.batch_token), row.seq),
            seq: row.seq,
            event_type: row.event_type,
            occurred_at: row.created_at,
            reference: named.reference,
            data: row.payload,
        })
    }
}
