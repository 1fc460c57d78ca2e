//! From an event to its row.

use hermes_domain::ledger::{BatchToken, Event};
use sea_orm::ActiveValue::Set;

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
            event_type: Set(row.event.kind.code().to_owned()),
            payment_id: Set(row.event.payment_id.0),
            payload: Set(row.event.payload.clone()),
            created_at: Set(row.event.occurred_at),
        }
    }
}
