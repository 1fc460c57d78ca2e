//! The shapes of answers.

mod audit;
mod booking;
mod event;

pub use audit::AuditBody;
pub use booking::{BookingBody, CheckBody, etag_of_version, version_of_etag};
pub use event::{EventBody, EventData};

use chrono::{DateTime, SecondsFormat, Utc};

/// An instant as it is served: RFC 3339, UTC, microseconds.
pub(crate) fn instant(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// An amount as it is sent: a decimal string, or a number that is read from its text.
#[derive(utoipa::ToSchema)]
#[schema(as = Amount, example = "35000.00")]
#[serde(untagged)]
pub enum AmountInput {
    /// A decimal string.
    Text(String),
    /// A number.
    Number(f64),
}
