//! `outbox`: events, written in the commit of the change itself.

use sea_orm::entity::prelude::*;

/// One event.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "outbox")]
pub struct Model {
    /// Its number, in the order of commits, without gaps.
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
    /// The random name of the batch that wrote it.
    pub batch_token: Uuid,
    /// The event's type, such as `payment.booked`.
    pub event_type: String,
    /// The payment it is about.
    pub payment_id: Uuid,
    /// What a consumer needs to know, as JSON; no personal data.
    #[sea_orm(column_type = "Text")]
    pub payload: String,
    /// When it happened.
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
