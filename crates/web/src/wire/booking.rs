//! A booking as it is served.

use hermes_domain::payment::{Check, Payment};
use serde::Serialize;
use utoipa::ToSchema;

use super::instant;

/// A booked payment. Amounts are decimal strings in the booking's currency.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Booking)]
pub struct BookingBody {
    /// Identifies the booking.
    #[schema(value_type = uuid::Uuid)]
    pub id: String,
    /// The reference for people.
    #[schema(example = "REF001")]
    pub reference: String,
    /// The reference for banks (ISO 11649).
    #[schema(example = "RF59REF001")]
    pub creditor_reference: String,
    /// The payer's name.
    #[schema(example = "Ana Ruiz")]
    pub name: String,
    /// The payer's e-mail address, as it was given.
    #[schema(example = "ana@example.org")]
    pub email: String,
    /// The tuition or invoice amount.
    #[schema(example = "35000.00")]
    pub amount: String,
    /// The rate of the fee, in per cent.
    #[schema(example = "2.00")]
    pub fee_percentage: String,
    /// The fee.
    #[schema(example = "700.00")]
    pub fee_amount: String,
    /// Amount and fee.
    #[schema(example = "35700.00")]
    pub final_amount: String,
    /// The currency (ISO 4217).
    #[schema(example = "USD")]
    pub currency_from: &'static str,
    /// What must arrive.
    #[schema(example = "35700.00")]
    pub amount_due: String,
    /// What has arrived.
    #[schema(example = "0.00")]
    pub amount_received: String,
    /// What is still to arrive.
    #[schema(example = "35700.00")]
    pub amount_outstanding: String,
    /// The school.
    #[schema(example = "Harvard")]
    pub school: Option<String>,
    /// The student's identifier.
    #[schema(example = "HRV001")]
    pub student_id: Option<String>,
    /// Who sends the money.
    #[schema(example = "Ana Ruiz")]
    pub sender_full_name: Option<String>,
    /// The country the money comes from.
    #[schema(example = "USA")]
    pub country_from: Option<String>,
    /// The sender's address.
    #[schema(example = "123 Test St")]
    pub sender_address: Option<String>,
    /// How what has arrived compares with what is due: PENDING, UNDERPAYMENT, EXACT, OVERPAYMENT or CANCELLED.
    #[schema(example = "PENDING")]
    pub status: &'static str,
    /// The sum of the quality checks: PASSED or FLAGGED.
    #[schema(example = "PASSED")]
    pub validation_status: &'static str,
    /// The quality checks.
    pub checks: Vec<CheckBody>,
    /// Counts the booking's states; also its ETag.
    #[schema(example = 1)]
    pub version: i64,
    /// When it was booked.
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub created_at: String,
    /// When it last changed.
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub updated_at: String,
}

/// One quality check.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Check)]
pub struct CheckBody {
    /// Which check: INVALID_EMAIL, DUPLICATED_PAYMENT, AMOUNT_THRESHOLD or OVER_UNDER_PAYMENT.
    #[serde(rename = "type")]
    #[schema(example = "INVALID_EMAIL")]
    pub type_: &'static str,
    /// What it says: PASSED or FLAGGED.
    #[schema(example = "PASSED")]
    pub result: &'static str,
    /// Why.
    #[schema(example = "the e-mail address is well formed")]
    pub message: String,
}

impl From<&Payment> for BookingBody {
    fn from(payment: &Payment) -> Self {
        let details = &payment.details;
        Self {
            id: payment.id.to_string(),
            reference: payment.reference.to_string(),
            creditor_reference: payment.reference.creditor_reference(),
            name: details.name.clone(),
            email: details.email.clone(),
            amount: payment.amount.to_string(),
            fee_percentage: payment.fee.rate.to_string(),
            fee_amount: payment.fee.amount.to_string(),
            final_amount: payment.final_amount().to_string(),
            currency_from: payment.amount.currency().code(),
            amount_due: payment.amount_due().to_string(),
            amount_received: payment.amount_received.to_string(),
            amount_outstanding: payment.amount_outstanding().to_string(),
            school: details.school.clone(),
            student_id: details.student_id.clone(),
            sender_full_name: details.sender_full_name.clone(),
            country_from: details.country_from.clone(),
            sender_address: details.sender_address.clone(),
            status: payment.status().code(),
            validation_status: payment.validation_status().code(),
            checks: payment.checks.iter().map(CheckBody::from).collect(),
            version: payment.version,
            created_at: instant(payment.created_at),
            updated_at: instant(payment.updated_at),
        }
    }
}

impl From<&Check> for CheckBody {
    fn from(check: &Check) -> Self {
        Self { type_: check.kind.code(), result: check.result.code(), message: check.message.clone() }
    }
}

/// The entity tag of a booking: its version.
pub fn etag_of_version(version: i64) -> String {
    format!("\"v{version}\"")
}

/// The version of an entity tag, when it is a booking's.
pub fn version_of_etag(etag: &str) -> Option<i64> {
    etag.strip_prefix("\"v")?.strip_suffix('"')?.parse().ok()
}
