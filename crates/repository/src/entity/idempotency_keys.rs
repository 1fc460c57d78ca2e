//! `idempotency_keys`: the outcomes of requests that clients may repeat.

use sea_orm::entity::prelude::*;

/// One used key.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "idempotency_keys")]
pub struct Model {
    /// SHA-256 of the client, the operation and the key, 32 bytes.
    #[sea_orm(primary_key, auto_increment = false, column_type = "Binary(32)")]
    pub scope_hash: Vec<u8>,
    /// SHA-256 of the content of the request, 32 bytes.
    #[sea_orm(column_type = "Binary(32)")]
    pub fingerprint: Vec<u8>,
    /// The id of the payment, if the subject is a payment.
    pub payment_id: Option<Uuid>,
    /// The type of the changed object, such as `payment`.
    pub subject_type: String,
    /// The id of the changed object; of a payment, 32 hexadecimal digits.
    pub subject_id: String,
    /// The outcome as JSON, which a repeated request returns.
    #[sea_orm(column_type = "Text")]
    pub outcome: String,
    /// When the request was executed.
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
