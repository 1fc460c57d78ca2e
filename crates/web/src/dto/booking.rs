//! A booking as it is served.

use hermes_domain::money::{BasisPoints, Money};
use hermes_domain::payment::{Check, Payment, PaymentId, Reference};
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use super::text::{Rfc3339, as_text};

/// A booked payment. Amounts are decimal strings in the booking's currency.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Booking)]
pub struct BookingBody<'a> {
    /// Identifies the booking.
    #[schema(value_type = uuid::Uuid)]
    pub id: PaymentId,
    /// The reference for people.
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = String, example = "REF001")]
    pub reference: Reference,
    /// The reference for banks (ISO 11649).
    #[schema(example = "RF59REF001")]
    pub creditor_reference: String,
    /// The payer's name.
    #[schema(example = "Ana Ruiz")]
    pub name: &'a str,
    /// The payer's e-mail address, as it was given.
    #[schema(example = "ana@example.org")]
    pub email: &'a str,
    /// The tuition or invoice amount.
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = String, example = "35000.00")]
    pub amount: Money,
    /// The rate of the fee, in per cent.
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = String, example = "2.00")]
    pub fee_percentage: BasisPoints,
    /// The fee.
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = String, example = "700.00")]
    pub fee_amount: Money,
    /// Amount and fee.
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = String, example = "35700.00")]
    pub final_amount: Money,
    /// The currency (ISO 4217).
    #[schema(example = "USD")]
    pub currency_from: &'static str,
    /// What must arrive.
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = String, example = "35700.00")]
    pub amount_due: Money,
    /// What has arrived.
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = String, example = "0.00")]
    pub amount_received: Money,
    /// What is still to arrive.
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = String, example = "35700.00")]
    pub amount_outstanding: Money,
    /// The school.
    #[schema(example = "Harvard")]
    pub school: Option<&'a str>,
    /// The student's identifier.
    #[schema(example = "HRV001")]
    pub student_id: Option<&'a str>,
    /// Who sends the money.
    #[schema(example = "Ana Ruiz")]
    pub sender_full_name: Option<&'a str>,
    /// The country the money comes from.
    #[schema(example = "USA")]
    pub country_from: Option<&'a str>,
    /// The sender's address.
    #[schema(example = "123 Test St")]
    pub sender_address: Option<&'a str>,
    /// How what has arrived compares with what is due: PENDING, UNDERPAYMENT, EXACT, OVERPAYMENT or CANCELLED.
    #[schema(example = "PENDING")]
    pub status: &'static str,
    /// The sum of the quality checks: PASSED or FLAGGED.
    #[schema(example = "PASSED")]
    pub validation_status: &'static str,
    /// The quality checks.
    #[serde(serialize_with = "as_bodies")]
    #[schema(value_type = Vec<CheckBody>)]
    pub checks: &'a [Check],
    /// CacheStats the booking's states; also its ETag.
    #[schema(example = 1)]
    pub version: i64,
    /// When it was booked.
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub created_at: Rfc3339,
    /// When it last changed.
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub updated_at: Rfc3339,
}

/// One quality check.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Check)]
pub struct CheckBody<'a> {
    /// Which check: INVALID_EMAIL, DUPLICATED_PAYMENT, AMOUNT_THRESHOLD or OVER_UNDER_PAYMENT.
    #[serde(rename = "type")]
    #[schema(example = "INVALID_EMAIL")]
    pub type_: &'static str,
    /// What it says: PASSED or FLAGGED.
    #[schema(example = "PASSED")]
    pub result: &'static str,
    /// Why.
    #[schema(example = "the e-mail address is well formed")]
    pub message: &'a str,
}

impl<'a> From<&'a Payment> for BookingBody<'a> {
    fn from(payment: &'a Payment) -> Self {
        let details = &payment.details;
        Self {
            id: payment.id,
            reference: payment.reference,
            creditor_reference: payment.reference.creditor_reference(),
            name: &details.name,
            email: &details.email,
            amount: payment.amount,
            fee_percentage: payment.fee.rate,
            fee_amount: payment.fee.amount,
            final_amount: payment.final_amount(),
            currency_from: payment.amount.currency().code(),
            amount_due: payment.amount_due(),
            amount_received: payment.amount_received,
            amount_outstanding: payment.amount_outstanding(),
            school: details.school.as_deref(),
            student_id: details.student_id.as_deref(),
            sender_full_name: details.sender_full_name.as_deref(),
            country_from: details.country_from.as_deref(),
            sender_address: details.sender_address.as_deref(),
            status: payment.status().as_str(),
            validation_status: payment.validation_status().as_str(),
            checks: &payment.checks,
            version: payment.version,
            created_at: Rfc3339(payment.created_at),
            updated_at: Rfc3339(payment.updated_at),
        }
    }
}

fn as_bodies<S: Serializer>(checks: &[Check], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(checks.iter().map(CheckBody::from))
}

impl<'a> From<&'a Check> for CheckBody<'a> {
    fn from(check: &'a Check) -> Self {
        Self { type_: check.kind.as_str(), result: check.result.as_str(), message: &check.message }
    }
}

/// About how many bytes a booking and a check have without what people wrote in them: names, amounts, instants.
const BOOKING_BYTES: usize = 700;
const CHECK_BYTES: usize = 70;

impl BookingBody<'_> {
    /// About how many bytes the JSON of a payment has, rather too many than too few.
    pub(crate) fn bytes_expected(payment: &Payment) -> usize {
        let checks = payment.checks.iter().map(|check| CHECK_BYTES + check.message.len());
        BOOKING_BYTES + payment.details.text_bytes() + checks.sum::<usize>()
    }
}

/// The entity tag of a booking: its version.
pub fn etag_of_version(version: i64) -> String {
    format!("\"v{version}\"")
}

/// The version of an entity tag, when it is a booking's.
pub fn version_of_etag(etag: &str) -> Option<i64> {
    let version = etag.strip_prefix("\"v")?.strip_suffix('"')?.parse().ok()?;
    // Tags are compared as they stand (RFC 9110 8.8.3.2): "v01" is another one.
    (etag_of_version(version) == etag).then_some(version)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dto::to_json;

    /// A payment with all that may be missing, and with the longest numbers.
    const EVERYTHING: &str = r#"{
        "id": "01890000-0000-7000-8000-000000000001", "reference": "REF999999999999999999",
        "details": {
            "name": "Ana", "email": "ana@example.org", "school": "Harvard", "student_id": "HRV001",
            "sender_full_name": "Ana Ruiz", "country_from": "USA", "sender_address": "123 Test St"
        },
        "amount": {"minor": 10000000000000, "currency": "KWD"},
        "fee": {"amount": {"minor": 10000000000000, "currency": "KWD"}, "rate": 10000, "rule": "large"},
        "fee_bearer": "PAYER", "amount_received": {"minor": 10000000000000, "currency": "KWD"},
        "cancelled_at": null,
        "checks": [
            {"type": "INVALID_EMAIL", "result": "FLAGGED", "message": "no"},
            {"type": "DUPLICATED_PAYMENT", "result": "FLAGGED", "message": "no"},
            {"type": "AMOUNT_THRESHOLD", "result": "FLAGGED", "message": "no"},
            {"type": "OVER_UNDER_PAYMENT", "result": "FLAGGED", "message": "no"}
        ],
        "version": 9223372036854775807,
        "created_at": "2026-11-22T12:00:00.123456Z", "updated_at": "2026-11-22T12:00:00.123456Z"
    }"#;

    #[test]
    fn the_buffer_of_a_booking_does_not_grow() {
        let payment: Payment = serde_json::from_str(EVERYTHING).unwrap();
        let json = to_json(&BookingBody::from(&payment), 0);
        let expected = BookingBody::bytes_expected(&payment);
        assert!((json.len()..json.len() * 5 / 4).contains(&expected), "{} of {expected}", json.len());
    }
}
