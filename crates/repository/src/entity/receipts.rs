//! `receipts`: money that arrived.

use sea_orm::entity::prelude::*;

/// One receipt.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "receipts")]
pub struct Model {
    /// The count of the receipt, without gaps.
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
    /// The number, such as `RCT-2026-000001`.
    #[sea_orm(unique)]
    pub number: String,
    /// The ISO 4217 code of every amount in the row.
    pub currency: String,
    /// The amount that arrived, in minor units.
    pub amount: i64,
    /// The day from which the bank counts the money.
    pub value_date: Date,
    /// `bank_transfer`, `cash`, `cheque`, `statement` or `migration`.
    pub source: String,
    /// The identity of the statement line, 32 bytes.
    #[sea_orm(column_type = "Binary(32)", nullable)]
    pub statement_line: Option<Vec<u8>>,
    /// The id of the transfer at the bank.
    pub bank_id: Option<String>,
    /// The payer's name and the text of the transfer.
    pub payer_text: Option<String>,
    /// The payer's account.
    pub payer_account: Option<String>,
    /// A note of the staff.
    pub note: Option<String>,
    /// The number of allocations made, including removed ones.
    pub allocations_made: i64,
    /// `OPEN`, `SETTLED` or `REVERSED`.
    pub status: String,
    /// When the receipt was reversed.
    pub reversed_at: Option<DateTimeUtc>,
    /// The version, from 1. Every change increments the version.
    pub version: i64,
    /// When the receipt was recorded.
    pub created_at: DateTimeUtc,
    /// When the receipt last changed.
    pub updated_at: DateTimeUtc,
    /// The part applied to payments, in minor units.
    pub allocated: i64,
    /// The part that is credit, in minor units.
    pub credit: i64,
    /// The part reserved for refunds, in minor units.
    pub refunds_reserved: i64,
    /// The part sent back, in minor units.
    pub refunded: i64,
    /// The part written off, in minor units.
    pub surplus_written_off: i64,
    /// The part of the credit that is due for refunds, in minor units.
    pub refunds_due: i64,
}

impl ActiveModelBehavior for ActiveModel {}
