//! `refunds`: parts of receipts that are due to be sent back, reserved for it, or sent.

use sea_orm::entity::prelude::*;

/// One refund.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "refunds")]
pub struct Model {
    /// The count of the refund, without gaps.
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
    /// The number, such as `RFD-2026-000001`.
    #[sea_orm(unique)]
    pub number: String,
    /// The count of the receipt.
    pub receipt_seq: i64,
    /// The ISO 4217 code of the amount.
    pub currency: String,
    /// The amount, in minor units.
    pub amount: i64,
    /// `DUE`, `REQUESTED`, `APPROVED`, `SENT`, `FAILED` or `WITHDRAWN`.
    pub state: String,
    /// The id of the payment whose cancellation or excess the refund returns.
    pub payment_id: Option<Uuid>,
    /// The reference of this payment.
    pub reference: Option<String>,
    /// The account that receives the money.
    pub payee_account: Option<String>,
    /// The actor that requested the refund.
    pub requested_by: Option<String>,
    /// The actor that approved the refund.
    pub approved_by: Option<String>,
    /// The id of the transfer at the bank.
    pub bank_id: Option<String>,
    /// The version, from 1. Every change increments the version.
    pub version: i64,
    /// When the refund was created.
    pub created_at: DateTimeUtc,
    /// When the refund last changed.
    pub updated_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
