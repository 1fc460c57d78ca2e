//! `statement_lines`: the lines of imported statements. The rows are written outside of the ledger.

use sea_orm::entity::prelude::*;

/// One line.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "statement_lines")]
pub struct Model {
    /// The identity of the line, 32 bytes.
    #[sea_orm(primary_key, auto_increment = false, column_type = "Binary(32)")]
    pub id: Vec<u8>,
    /// The import that recorded the line.
    pub import_id: Uuid,
    /// The position in the file, from 1.
    pub number: i64,
    /// The institution's account.
    pub account: String,
    /// `credit` or `debit`.
    pub direction: String,
    /// The ISO 4217 code.
    pub currency: String,
    /// The amount, in minor units.
    pub amount: i64,
    /// 1 if the line reverses an earlier one.
    pub is_reversal: i32,
    /// The day on which the bank booked the line.
    pub booking_date: Date,
    /// The day from which the bank counts the money.
    pub value_date: Date,
    /// The bank's id of the line.
    pub bank_id: Option<String>,
    /// `single`, `whole` or `part`.
    pub batch_role: String,
    /// The bank's id of the batch.
    pub batch_id: Option<String>,
    /// The texts and the other party, as JSON. Personal data.
    #[sea_orm(column_type = "Text")]
    pub texts: String,
    /// `new`, `posted`, `unallocated`, `other`, `batch` or `reversed`.
    pub state: String,
    /// The receipt that books the line.
    pub receipt: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
