//! `idempotency_keys`: what became of requests that may be sent again.

use sea_orm::entity::prelude::*;

/// One key that was used.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "idempotency_keys")]
pub struct Model {
    /// The SHA-256 digest of who asked, for what, under which key; 32 bytes.
    #[sea_orm(primary_key, auto_increment = false, column_type = "Binary(32)")]
    pub scope_hash: Vec<u8>,
    /// The SHA-256 digest of what was asked, 32 bytes.
    #[sea_orm(column_type = "Binary(32)")]
    pub fingerprint: Vec<u8>,
    /// The payment it was about.
    pub payment_id: Uuid,
    /// The answer as JSON, to be given again as it was.
    #[sea_orm(column_type = "Text")]
    pub outcome: String,
    /// When the request was carried out.
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
