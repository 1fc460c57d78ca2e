//! The outage of the mail server, and the state of mail for operators.

use hermes_domain::ports::{MailOutage, MailStatus, StoreError};
use sea_orm::ActiveValue::Set;
use sea_orm::prelude::*;

use super::messages;
use crate::entity::mail_sender::{ActiveModel, Column, Entity, Model};
use crate::error::statement_error;

/// The width of `last_error`, in characters.
const ERROR_CHARS: usize = 255;

/// Records an outage or its end.
pub(super) async fn record_outage(
    connection: &DatabaseConnection,
    outage: Option<MailOutage>,
) -> Result<(), StoreError> {
    let error = outage.as_ref().map(|outage| outage.error.chars().take(ERROR_CHARS).collect());
    let change = ActiveModel {
        failing_since: Set(outage.map(|outage| outage.since)),
        last_error: Set(error),
        ..Default::default()
    };
    let updated = Entity::update_many().set(change).filter(Column::Id.eq(1)).exec(connection).await;
    updated.map(drop).map_err(statement_error)
}

/// Reads the state of mail.
pub(super) async fn status(connection: &DatabaseConnection) -> Result<MailStatus, StoreError> {
    let row = Entity::find().one(connection).await.map_err(statement_error)?;
    let row = row.ok_or_else(|| StoreError::Corrupt("mail_sender has no row".to_owned()))?;
    let (waiting, oldest_waiting) = messages::waiting_summary(connection).await?;
    Ok(MailStatus { waiting, oldest_waiting, outage: outage(row) })
}

fn outage(row: Model) -> Option<MailOutage> {
    Some(MailOutage { since: row.failing_since?, error: row.last_error.unwrap_or_default() })
}
