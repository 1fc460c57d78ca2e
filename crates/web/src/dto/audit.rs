//! An audit row as it is served.

use std::fmt::Write as _;

use hermes_domain::ledger::AuditEntry;
use hermes_domain::payment::Payment;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use super::{BookingBody, Rfc3339};

/// One change of a booking.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditEntry)]
pub struct AuditBody {
    /// The row's number in the chain of all changes.
    #[schema(example = 1)]
    pub seq: i64,
    /// What was done.
    #[schema(example = "PAYMENT_BOOKED")]
    pub action: String,
    /// Who did it.
    #[schema(example = "api")]
    pub actor: String,
    /// Why.
    pub reason: Option<String>,
    /// The booking before.
    #[serde(serialize_with = "as_booking")]
    #[schema(value_type = Option<BookingBody>)]
    pub old_value: Option<Payment>,
    /// The booking after.
    #[serde(serialize_with = "as_booking")]
    #[schema(value_type = Option<BookingBody>)]
    pub new_value: Option<Payment>,
    /// The program that asked for it.
    pub user_agent: Option<String>,
    /// The address it was asked from.
    pub ip_address: Option<String>,
    /// When.
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub created_at: Rfc3339,
    /// The row's hash, in hexadecimal digits.
    pub hash: String,
}

impl From<&AuditEntry> for AuditBody {
    fn from(entry: &AuditEntry) -> Self {
        let payment = |json: &Option<String>| serde_json::from_str(json.as_deref()?).ok();
        Self {
            seq: entry.seq,
            action: entry.action.clone(),
            actor: entry.actor.clone(),
            reason: entry.reason.clone(),
            old_value: payment(&entry.old_value),
            new_value: payment(&entry.new_value),
            user_agent: entry.user_agent.clone(),
            ip_address: entry.ip_address.clone(),
            created_at: Rfc3339(entry.created_at),
            hash: entry.hash.0.iter().fold(String::new(), |mut text, byte| {
                // Writing to a string cannot fail.
                let _written = write!(text, "{byte:02x}");
                text
            }),
        }
    }
}

fn as_booking<S: Serializer>(payment: &Option<Payment>, serializer: S) -> Result<S::Ok, S::Error> {
    payment.as_ref().map(BookingBody::from).serialize(serializer)
}
