//! `mail_messages`: the messages to payers.

use sea_orm::entity::prelude::*;

/// One message.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mail_messages")]
pub struct Model {
    /// The number of the event that caused the message.
    #[sea_orm(primary_key, auto_increment = false)]
    pub event_seq: i64,
    /// The id of the event, from which the `Message-ID` derives.
    pub event_id: Uuid,
    /// The type of the event.
    pub event_type: String,
    /// The reference in the event: of the payment, or of the refund.
    pub event_reference: String,
    /// The data of the event, without personal data.
    pub payload: String,
    /// When the event occurred.
    pub occurred_at: DateTimeUtc,
    /// The reference of the payment.
    pub reference: String,
    /// `WAITING`, `SENT`, `REJECTED` or `DROPPED`.
    pub state: String,
    /// How often the mail server postponed the message.
    pub attempts: i32,
    /// The message waits until this time.
    pub not_before: DateTimeUtc,
    /// When the message was sent, rejected or dropped.
    pub finished_at: Option<DateTimeUtc>,
    /// The keyed digest of the address that the message was sent to.
    pub address_key: Option<Vec<u8>>,
    /// Why the message was rejected.
    pub reason: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
