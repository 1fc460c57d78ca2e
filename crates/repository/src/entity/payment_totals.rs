//! `payment_totals`: the sums of every currency, kept up with every change.

use sea_orm::entity::prelude::*;

/// The sums of one currency.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payment_totals")]
pub struct Model {
    /// The ISO 4217 code.
    #[sea_orm(primary_key, auto_increment = false)]
    pub currency_from: String,
    /// How many payments were ever booked.
    pub payments: i64,
    /// How many of them passed every check.
    pub passed: i64,
    /// How many have a flag.
    pub flagged: i64,
    /// How many were cancelled.
    pub cancelled: i64,
    /// How many are above the threshold.
    pub above_threshold: i64,
    /// What is still to arrive, in minor units.
    pub amount_outstanding: i64,
    /// What has arrived, in minor units.
    pub amount_received: i64,
}

impl ActiveModelBehavior for ActiveModel {}
