//! `payments`: what payers booked and owe.

use sea_orm::entity::prelude::*;

/// One payment.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payments")]
pub struct Model {
    /// The id, a UUID of version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The reference, such as `REF001`.
    #[sea_orm(unique)]
    pub reference: String,
    /// The version of the link of the payer's page. The secret of the link is not stored.
    pub link_version: i64,
    /// When the link expires.
    pub link_expires_at: Option<DateTimeUtc>,
    /// The last day for the transfer.
    pub due_on: Option<Date>,
    /// The code of the payer's language.
    pub language: Option<String>,
    /// The payer's name.
    pub name: String,
    /// The payer's e-mail address as entered.
    pub email: String,
    /// The e-mail address in lower case, by which duplicates are found.
    pub email_key: String,
    /// The school or institution.
    pub school: Option<String>,
    /// The student's id at the school.
    pub student_id: Option<String>,
    /// The name of the sender, if the sender is not the payer.
    pub sender_full_name: Option<String>,
    /// The country from which the money is sent.
    pub country_from: Option<String>,
    /// The sender's postal address.
    pub sender_address: Option<String>,
    /// The ISO 4217 code of every amount in the row.
    pub currency_from: String,
    /// The booked amount, in minor units.
    pub amount: i64,
    /// The received amount, in minor units.
    pub amount_received: i64,
    /// The shortfall written off, in minor units.
    pub shortfall_written_off: i64,
    /// The fee, in minor units.
    pub fee_amount: i64,
    /// The amount due: booked amount plus fee, in minor units.
    pub final_amount: i64,
    /// The rate of the fee in basis points (1/100 of a per cent).
    pub fee_rate_bps: i32,
    /// The name of the fee tier.
    pub fee_rule: String,
    /// The party that pays the fee: `PAYER` or `INSTITUTION`.
    pub fee_bearer: String,
    /// `PENDING`, `UNDERPAYMENT`, `EXACT`, `OVERPAYMENT` or `CANCELLED`.
    pub status: String,
    /// `PASSED` or `FLAGGED`.
    pub validation_status: String,
    /// When the payment was cancelled.
    pub cancelled_at: Option<DateTimeUtc>,
    /// The version, from 1. Every change increments the version.
    pub version: i64,
    /// When the payment was booked.
    pub created_at: DateTimeUtc,
    /// When the payment last changed.
    pub updated_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
