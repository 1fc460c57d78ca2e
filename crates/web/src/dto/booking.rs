//! A payment on the wire: [`BookingSummary`] as a list element, [`BookingBody`] as a single resource.

use chrono::NaiveDate;
use hermes_domain::LanguageCode;
use hermes_domain::money::{BasisPoints, Money};
use hermes_domain::payment::{Check, Payment, PaymentId, Reference};
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use super::values::as_text;
use super::{CheckType, CheckedResult, PaymentStatus, Rfc3339};

/// A payment in a list. Amounts are decimal strings in the payment's currency.
#[derive(Debug, Serialize, ToSchema)]
pub struct BookingSummary<'a> {
    /// The payment ID, a UUID of version 7.
    #[schema(value_type = uuid::Uuid)]
    pub id: PaymentId,
    /// The reference for people.
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = String, example = "REF001", pattern = "^REF[0-9]{3,18}$")]
    pub reference: Reference,
    /// The reference for banks (ISO 11649).
    #[schema(example = "RF59REF001", pattern = "^RF[0-9]{2}REF[0-9]{3,18}$")]
    pub creditor_reference: String,
    /// The payer's name.
    #[schema(example = "Ana Ruiz")]
    pub name: &'a str,
    /// The payer's email address, as the payer wrote it.
    #[schema(example = "ana@example.org")]
    pub email: &'a str,
    /// The amount without the fee.
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = String, example = "35000.00")]
    pub amount: Money,
    /// The fee rate in percent.
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = String, example = "2.00")]
    pub fee_percentage: BasisPoints,
    /// The fee.
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = String, example = "700.00")]
    pub fee_amount: Money,
    /// The amount plus the fee.
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = String, example = "35700.00")]
    pub final_amount: Money,
    /// The currency (ISO 4217).
    #[schema(example = "USD", pattern = "^[A-Z]{3}$")]
    pub currency_from: &'static str,
    /// The amount that must arrive.
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = String, example = "35700.00")]
    pub amount_due: Money,
    /// The amount that has arrived.
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = String, example = "0.00")]
    pub amount_received: Money,
    /// The amount that must still arrive.
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = String, example = "35700.00")]
    pub amount_outstanding: Money,
    /// The school.
    #[schema(example = "Harvard")]
    pub school: Option<&'a str>,
    /// The student ID at the school.
    #[schema(example = "HRV001")]
    pub student_id: Option<&'a str>,
    /// The name of the sender of the money.
    #[schema(example = "Ana Ruiz")]
    pub sender_full_name: Option<&'a str>,
    /// The country that the money comes from.
    #[schema(example = "USA")]
    pub country_from: Option<&'a str>,
    /// The postal address of the sender.
    #[schema(example = "123 Test St")]
    pub sender_address: Option<&'a str>,
    /// The amount received compared with the amount due, or `CANCELLED`.
    #[schema(value_type = PaymentStatus, example = "PENDING")]
    pub status: &'static str,
    /// The combined result of the quality checks.
    #[schema(value_type = CheckedResult, example = "PASSED")]
    pub validation_status: &'static str,
    /// The failed quality checks.
    #[serde(serialize_with = "as_flags")]
    #[schema(value_type = Vec<CheckType>)]
    pub flags: &'a [Check],
    /// The version, from 1. The ETag of the payment is derived from the version.
    #[schema(example = 1, minimum = 1)]
    pub version: i64,
    /// The time of the booking.
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub created_at: Rfc3339,
    /// The time of the last change.
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub updated_at: Rfc3339,
}

/// A payment with its due date, its language and the results of all quality checks.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Booking)]
pub struct BookingBody<'a> {
    /// The columns and flags.
    #[serde(flatten)]
    pub summary: BookingSummary<'a>,
    /// The last day for the transfer, in the time zone of the institution.
    #[serde(serialize_with = "as_optional_text")]
    #[schema(value_type = Option<chrono::NaiveDate>, example = "2026-12-13")]
    pub due_on: Option<NaiveDate>,
    /// The language of the payer's page and mail (ISO 639-1).
    #[serde(serialize_with = "as_optional_text")]
    #[schema(value_type = Option<String>, example = "es", pattern = "^[a-z]{2}$")]
    pub language: Option<LanguageCode>,
    /// The part of the amount due that is waived. `amount_received` + `shortfall_written_off` + `amount_outstanding` =
    /// `amount_due` + `excess`, unless the payment is cancelled.
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = String, example = "0.00")]
    pub shortfall_written_off: Money,
    /// The amount received in excess of the amount due.
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = String, example = "0.00")]
    pub excess: Money,
    /// The results of the quality checks.
    pub checks: Vec<CheckBody<'a>>,
}

/// The result of one quality check.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Check)]
pub struct CheckBody<'a> {
    /// The check.
    #[serde(rename = "type")]
    #[schema(value_type = CheckType, example = "INVALID_EMAIL")]
    pub type_: &'static str,
    /// The result.
    #[schema(value_type = CheckedResult, example = "PASSED")]
    pub result: &'static str,
    /// The reason for the result.
    #[schema(example = "the email address is well formed")]
    pub message: &'a str,
}

/// A payment with the link of the payer's page, for the party that books the payment or renews the link.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LinkedBooking)]
pub struct LinkedBookingBody<'a> {
    /// The payment.
    #[serde(flatten)]
    pub booking: BookingBody<'a>,
    /// The address of the payer's page. Anyone with the address can open the page, so send it only to the payer.
    #[schema(example = "https://pay.example.org/payment/REF001/5XG0R8M2Y7T4KC9QZ3VHN6PBW1DJFA0E")]
    pub payer_page: String,
}

impl<'a> From<&'a Payment> for BookingSummary<'a> {
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
            flags: &payment.checks,
            version: payment.version,
            created_at: Rfc3339(payment.created_at),
            updated_at: Rfc3339(payment.updated_at),
        }
    }
}

impl<'a> From<&'a Payment> for BookingBody<'a> {
    fn from(payment: &'a Payment) -> Self {
        Self {
            summary: payment.into(),
            due_on: payment.due_on,
            language: payment.language,
            shortfall_written_off: payment.shortfall_written_off(),
            excess: payment.excess(),
            checks: payment.checks.iter().map(CheckBody::from).collect(),
        }
    }
}

impl<'a> From<&'a Check> for CheckBody<'a> {
    fn from(check: &'a Check) -> Self {
        Self { type_: check.kind.as_str(), result: check.result.as_str(), message: &check.message }
    }
}

/// Writes a value as text, or null.
fn as_optional_text<T: ToString, S: Serializer>(value: &Option<T>, serializer: S) -> Result<S::Ok, S::Error> {
    value.as_ref().map(T::to_string).serialize(serializer)
}

fn as_flags<S: Serializer>(checks: &[Check], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(checks.iter().filter(|check| check.is_flagged()).map(|check| check.kind.as_str()))
}

/// Returns the entity tag of a payment at this version.
pub fn etag_from_version(version: i64) -> String {
    format!("\"v{version}\"")
}

/// Parses the entity tag of a payment; `None` if the tag is not one that [`etag_from_version`] returns.
pub fn version_from_etag(etag: &str) -> Option<i64> {
    let version = etag.strip_prefix("\"v")?.strip_suffix('"')?.parse().ok()?;
    // Tags are compared byte by byte (RFC 9110 8.8.3.2): "v01" is another tag than "v1".
    (etag_from_version(version) == etag).then_some(version)
}

#[cfg(test)]
mod tests {
    use hermes_domain::payment::CheckKind;
    use serde_json::{Value, json};

    use super::*;

    /// The payment of the README's example, with one failed check.
    fn example(flag: Option<CheckKind>) -> Payment {
        let check = |kind: CheckKind| {
            let result = if flag == Some(kind) { "FLAGGED" } else { "PASSED" };
            json!({"type": kind, "result": result, "message": "ok"})
        };
        serde_json::from_value(json!({
            "id": "0198c0de-0000-7000-8000-000000000001", "reference": "REF001",
            "details": {
                "name": "Ana Ruiz", "email": "ana@example.org", "school": "Harvard", "student_id": "HRV001",
                "sender_full_name": null, "country_from": null, "sender_address": null
            },
            "amount": {"minor": 3_500_000, "currency": "USD"},
            "fee": {"amount": {"minor": 70_000, "currency": "USD"}, "rate": 200, "rule": "large"},
            "fee_bearer": "PAYER", "amount_received": {"minor": 0, "currency": "USD"}, "cancelled_at": null,
            "checks": CheckKind::ALL.map(check),
            "version": 1, "created_at": "2026-11-22T18:00:00Z", "updated_at": "2026-11-22T18:00:00Z"
        }))
        .unwrap()
    }

    #[test]
    fn the_list_element_of_the_example_has_at_most_640_bytes() {
        let element = serde_json::to_string(&BookingSummary::from(&example(None))).unwrap();
        assert!(element.len() <= 640, "{}: {element}", element.len());
    }

    #[test]
    fn a_list_element_has_flags_and_a_single_payment_also_has_checks() {
        let payment = example(Some(CheckKind::DuplicatedPayment));
        let element = serde_json::to_value(BookingSummary::from(&payment)).unwrap();
        assert_eq!(element["flags"], json!(["DUPLICATED_PAYMENT"]));
        assert_eq!(element.get("checks"), None);
        let single = serde_json::to_value(BookingBody::from(&payment)).unwrap();
        assert_eq!(single["checks"].as_array().map(Vec::len), Some(4));
        let mut columns = single.as_object().unwrap().clone();
        for only_single in ["checks", "due_on", "language", "shortfall_written_off", "excess"] {
            columns.remove(only_single);
        }
        assert_eq!(Value::Object(columns), element);
    }
}
