//! What was sent about one payment.

use hermes_domain::ledger::{Digest, OutboxEvent};
use hermes_domain::mail::{MailRejection, MessageRecord, MessageState, STATE_EVENTS};
use hermes_domain::payment::Reference;
use hermes_domain::ports::StoreError;
use sea_orm::prelude::*;
use sea_orm::{DatabaseConnection, QueryOrder, QuerySelect, Select};

use super::messages::{DROPPED, REJECTED, SENT, WAITING};
use crate::entity::mail_messages::{Column, Entity, Model};
use crate::error::statement_error;

/// Selects the messages about a payment in some states, newest first.
fn newest(reference: Reference, states: &[&str]) -> Select<Entity> {
    Entity::find()
        .filter(Column::Reference.eq(reference.to_string()))
        .filter(Column::State.is_in(states.iter().copied()))
        .order_by_desc(Column::EventSeq)
}

pub(super) async fn last_told(
    connection: &DatabaseConnection,
    reference: Reference,
    address_key: Digest,
) -> Result<Option<OutboxEvent>, StoreError> {
    let last = newest(reference, &[SENT]).filter(Column::EventType.is_in(STATE_EVENTS));
    let row = last.one(connection).await.map_err(statement_error)?;
    let row = row.filter(|row| row.address_key.as_deref() == Some(address_key.as_slice()));
    Ok(row.map(OutboxEvent::from))
}

pub(super) async fn last_state(
    connection: &DatabaseConnection,
    reference: Reference,
) -> Result<Option<OutboxEvent>, StoreError> {
    let last = newest(reference, &[SENT, DROPPED]).filter(Column::EventType.is_in(STATE_EVENTS));
    Ok(last.one(connection).await.map_err(statement_error)?.map(OutboxEvent::from))
}

pub(super) async fn rejection(
    connection: &DatabaseConnection,
    reference: Reference,
) -> Result<Option<MailRejection>, StoreError> {
    let row = newest(reference, &[SENT, REJECTED]).one(connection).await.map_err(statement_error)?;
    Ok(row.filter(|row| row.state == REJECTED).and_then(|row| rejection_of(&row)))
}

pub(super) async fn messages(
    connection: &DatabaseConnection,
    reference: Reference,
    limit: u64,
) -> Result<Vec<MessageRecord>, StoreError> {
    let rows = newest(reference, &[WAITING, SENT, REJECTED]).limit(limit).all(connection).await;
    rows.map_err(statement_error)?.into_iter().map(MessageRecord::try_from).collect()
}

fn rejection_of(row: &Model) -> Option<MailRejection> {
    Some(MailRejection { at: row.finished_at?, reason: row.reason.clone().unwrap_or_default() })
}

impl TryFrom<Model> for MessageRecord {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let state = match row.state.as_str() {
            WAITING => Some(MessageState::Waiting { not_before: row.not_before }),
            SENT => row.finished_at.map(|at| MessageState::Sent { at }),
            REJECTED => rejection_of(&row).map(MessageState::Rejected),
            _ => None,
        };
        let corrupt = || StoreError::Corrupt(format!("mail message {}: state", row.event_seq));
        Ok(Self { state: state.ok_or_else(corrupt)?, event: row.into() })
    }
}
