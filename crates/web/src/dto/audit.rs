//! The audit entry of one change.

use data_encoding::HEXLOWER;
use hermes_domain::ledger::AuditEntry;
use hermes_domain::payment::Payment;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use super::{AuditAction, BookingBody, Rfc3339};

/// One change of a payment.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditEntry)]
pub struct AuditBody {
    /// The sequence number of the entry in the audit log of all payments.
    #[schema(example = 1)]
    pub seq: i64,
    /// The action.
    #[schema(value_type = AuditAction, example = "PAYMENT_BOOKED")]
    pub action: String,
    /// The actor.
    #[schema(example = "key:0123456789 shop")]
    pub actor: String,
    /// Whether the personal data of the entry is erased. The reason, the payment before and after the change, the
    /// `User-Agent` and the IP address are then absent.
    pub erased: bool,
    /// The reason that the actor gave.
    #[schema(example = "booked twice")]
    pub reason: Option<String>,
    /// The payment before the change.
    #[serde(serialize_with = "as_booking")]
    #[schema(value_type = Option<BookingBody>)]
    pub old_value: Option<Payment>,
    /// The payment after the change.
    #[serde(serialize_with = "as_booking")]
    #[schema(value_type = Option<BookingBody>)]
    pub new_value: Option<Payment>,
    /// The `User-Agent` of the request.
    #[schema(example = "curl/8.5.0")]
    pub user_agent: Option<String>,
    /// The IP address that sent the request.
    #[schema(example = "127.0.0.1")]
    pub ip_address: Option<String>,
    /// The time of the change.
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub created_at: Rfc3339,
    /// The SHA-256 hash of the entry, in hexadecimal digits.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    pub hash: String,
}

impl From<&AuditEntry> for AuditBody {
    fn from(entry: &AuditEntry) -> Self {
        // The text of an erased value is its commitment.
        let erased = entry.is_erased();
        let text = |value: &Option<String>| value.clone().filter(|_| !erased);
        let payment = |json: &Option<String>| serde_json::from_str(&text(json)?).ok();
        Self {
            seq: entry.seq,
            action: entry.action.clone(),
            actor: entry.actor.clone(),
            erased,
            reason: text(&entry.reason),
            old_value: payment(&entry.old_value),
            new_value: payment(&entry.new_value),
            user_agent: text(&entry.user_agent),
            ip_address: text(&entry.ip_address),
            created_at: Rfc3339(entry.created_at),
            hash: HEXLOWER.encode(&entry.hash.0),
        }
    }
}

fn as_booking<S: Serializer>(payment: &Option<Payment>, serializer: S) -> Result<S::Ok, S::Error> {
    payment.as_ref().map(BookingBody::from).serialize(serializer)
}
