//! `outbox`: events, written in the same transaction as the change.

use sea_orm::entity::prelude::*;

/// One event.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "outbox")]
pub struct Model {
    /// The number, in commit order, without gaps.
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
    /// The random token of the batch that wrote the event.
    pub batch_token: Uuid,
    /// The type, such as `payment.booked`.
    pub event_type: String,
    /// The id of the payment, if the subject is a payment.
    pub payment_id: Option<Uuid>,
    /// The type of the changed object, such as `payment`.
    pub subject_type: String,
    /// The id of the changed object; of a payment, 32 hexadecimal digits.
    pub subject_id: String,
    /// The data for consumers as JSON, without personal data.
    #[sea_orm(column_type = "Text")]
    pub payload: String,
    /// When the change happened.
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
