//! `payments`: what payers have booked and owe.

use sea_orm::entity::prelude::*;

/// One payment.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payments")]
pub struct Model {
    /// Its identifier, a UUID of version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Its reference, such as `REF001`.
    #[sea_orm(unique)]
    pub reference: String,
    /// Opens the payer's own page; a secret.
    pub page_token: Uuid,
    /// The payer's name.
    pub name: String,
    /// The payer's e-mail address as given.
    pub email: String,
    /// The address in lower case, by which payments of one payer are found.
    pub email_key: String,
    /// The school or institution.
    pub school: Option<String>,
    /// The student's identifier at the school.
    pub student_id: Option<String>,
    /// Who sends the money, when it is not the payer.
    pub sender_full_name: Option<String>,
    /// The country the money comes from.
    pub country_from: Option<String>,
    /// The sender's postal address.
    pub sender_address: Option<String>,
    /// The ISO 4217 code of every amount of the row.
    pub currency_from: String,
    /// The tuition or invoice amount, in minor units.
    pub amount: i64,
    /// What has arrived, in minor units.
    pub amount_received: i64,
    /// The fee, in minor units.
    pub fee_amount: i64,
    /// Amount and fee, in minor units.
    pub final_amount: i64,
    /// The rate of the fee in hundredths of a per cent.
    pub fee_rate_bps: i32,
    /// The name of the tier that set the rate.
    pub fee_rule: String,
    /// Who pays the fee: `PAYER` or `INSTITUTION`.
    pub fee_bearer: String,
    /// `PENDING`, `UNDERPAYMENT`, `EXACT`, `OVERPAYMENT` or `CANCELLED`.
    pub status: String,
    /// `PASSED` or `FLAGGED`.
    pub validation_status: String,
    /// When it was called off.
    pub cancelled_at: Option<DateTimeUtc>,
    /// Counts its states, from 1.
    pub version: i64,
    /// When it was booked.
    pub created_at: DateTimeUtc,
    /// When it last changed.
    pub updated_at: DateTimeUtc,
    /// Its quality checks.
    #[sea_orm(has_many)]
    pub validation_results: HasMany<super::validation_results::Entity>,
    /// What was done with it.
    #[sea_orm(has_many)]
    pub audit_log: HasMany<super::audit_log::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
