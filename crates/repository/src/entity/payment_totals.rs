//! `payment_totals`: the totals of each currency, updated with every change.

use sea_orm::entity::prelude::*;

/// The totals of one currency.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payment_totals")]
pub struct Model {
    /// The ISO 4217 code.
    #[sea_orm(primary_key, auto_increment = false)]
    pub currency_from: String,
    /// The number of booked payments, including cancelled ones.
    pub payments: i64,
    /// The number of payments that passed every check.
    pub passed: i64,
    /// The number of flagged payments.
    pub flagged: i64,
    /// The number of cancelled payments.
    pub cancelled: i64,
    /// The number of payments above the amount threshold.
    pub above_threshold: i64,
    /// The outstanding amount, in minor units.
    pub amount_outstanding: i64,
    /// The amount allocated to payments, in minor units.
    pub amount_received: i64,
    /// The amount of all receipts that are not reversed, in minor units.
    pub receipts: i64,
    /// The credit of all receipts, in minor units.
    pub credit: i64,
    /// The part of the credit that is due for refunds, in minor units.
    pub refunds_due: i64,
}

impl ActiveModelBehavior for ActiveModel {}
