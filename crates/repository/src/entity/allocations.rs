//! `allocations`: the parts of receipts applied to payments.

use sea_orm::entity::prelude::*;

/// One allocation.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "allocations")]
pub struct Model {
    /// The count of the receipt.
    #[sea_orm(primary_key, auto_increment = false)]
    pub receipt_seq: i64,
    /// The number within the receipt, from 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    /// The id of the payment.
    pub payment_id: Uuid,
    /// The reference of the payment.
    pub reference: String,
    /// The amount, in minor units of the receipt's currency.
    pub amount: i64,
    /// When the amount was allocated.
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
