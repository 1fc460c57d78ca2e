//! `audit_log`: one hash chain over every change.

use sea_orm::entity::prelude::*;

/// One row of the chain.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_log")]
pub struct Model {
    /// Its number, from 1, without gaps.
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
    /// The payment that was changed.
    pub payment_id: Uuid,
    /// What was done, such as `PAYMENT_BOOKED`.
    pub action: String,
    /// Who did it.
    pub actor: String,
    /// Why.
    pub reason: Option<String>,
    /// The payment before, as JSON.
    #[sea_orm(column_type = "Text", nullable)]
    pub old_value: Option<String>,
    /// The payment after, as JSON.
    #[sea_orm(column_type = "Text", nullable)]
    pub new_value: Option<String>,
    /// The program that asked for it.
    pub user_agent: Option<String>,
    /// The address it was asked from.
    pub ip_address: Option<String>,
    /// When.
    pub created_at: DateTimeUtc,
    /// SHA-256 over the hash of the row before and this row, 32 bytes.
    #[sea_orm(column_type = "Binary(32)")]
    pub hash: Vec<u8>,
    /// The payment that was changed.
    #[sea_orm(belongs_to, from = "payment_id", to = "id")]
    pub payment: BelongsTo<super::payments::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
