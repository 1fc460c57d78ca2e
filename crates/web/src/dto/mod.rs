//! The shapes of answers.

mod audit;
mod booking;
mod event;
mod json;
#[cfg(test)]
mod json_tests;
mod text;

pub use audit::AuditBody;
pub use booking::{BookingBody, CheckBody, etag_of_version, version_of_etag};
pub use event::{EventBody, EventData};
pub use text::Rfc3339;

pub(crate) use json::to_json;

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
