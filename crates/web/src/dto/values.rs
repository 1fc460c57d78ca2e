//! Single values on the wire: amounts, times and the strings with a fixed set of values.

use std::fmt;

use chrono::{DateTime, SecondsFormat, Utc};
use hermes_domain::ValidationCode;
use hermes_domain::ledger::{Effect, EventKind};
use hermes_domain::payment::{CheckKind, Status, ValidationStatus};
use serde::{Serialize, Serializer};
use serde_json::Value;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::openapi::{RefOr, schema};

/// A time on the wire: RFC 3339, UTC, microseconds.
#[derive(Debug, Clone, Copy)]
pub struct Rfc3339(pub DateTime<Utc>);

impl Serialize for Rfc3339 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.to_rfc3339_opts(SecondsFormat::Micros, true))
    }
}

/// Serializes a value as its `Display` text.
pub(super) fn as_text<S: Serializer>(value: &impl fmt::Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

/// Declares types that only describe a schema, each with its name in the document.
macro_rules! schemas {
    ($($(#[doc = $doc:literal])+ $type:ident as $name:literal = $schema:expr;)+) => {$(
        $(#[doc = $doc])+
        #[derive(Debug)]
        pub struct $type;

        impl utoipa::PartialSchema for $type {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                $schema
            }
        }

        impl utoipa::ToSchema for $type {
            fn name() -> std::borrow::Cow<'static, str> {
                std::borrow::Cow::Borrowed($name)
            }
        }
    )+};
}

pub(super) use schemas;

schemas! {
    /// The schema of a payment's status.
    PaymentStatus as "PaymentStatus" = string_enum(Status::ALL.map(Status::as_str));
    /// The schema of the result of one quality check, or of all of them.
    CheckedResult as "CheckedResult" = string_enum(ValidationStatus::ALL.map(ValidationStatus::as_str));
    /// The schema of the type of a quality check.
    CheckType as "CheckType" = string_enum(CheckKind::ALL.map(CheckKind::as_str));
    /// The schema of the type of an event.
    EventType as "EventType" = string_enum(
        EventKind::ALL.map(EventKind::as_str));
    /// The schema of the action in an audit entry.
    AuditAction as "AuditAction" = string_enum(
        [Effect::Booked, Effect::Corrected, Effect::Cancelled, Effect::Reopened, Effect::Settled, Effect::PageLinkRenewed,
            Effect::Erased]
            .into_iter().filter_map(Effect::audit_action));
    /// The schema of the code of a field error.
    FieldErrorCode as "FieldErrorCode" =
        string_enum(FIELD_ERROR_CODES.map(|code| serde_json::to_value(code).unwrap_or_default()));
}

/// Every code of a field error.
const FIELD_ERROR_CODES: [ValidationCode; 16] = [
    ValidationCode::Required,
    ValidationCode::UnknownField,
    ValidationCode::DuplicateField,
    ValidationCode::WrongType,
    ValidationCode::TooLong,
    ValidationCode::ControlCharacter,
    ValidationCode::CardNumber,
    ValidationCode::NotANumber,
    ValidationCode::NotPositive,
    ValidationCode::Negative,
    ValidationCode::TooManyDecimals,
    ValidationCode::TooLarge,
    ValidationCode::UnknownCurrency,
    ValidationCode::NotAChoice,
    ValidationCode::NotATime,
    ValidationCode::Frozen,
];

/// Returns the schema of a string with these values.
pub(crate) fn string_enum<V: Into<Value>>(values: impl IntoIterator<Item = V>) -> RefOr<Schema> {
    let schema: schema::Object =
        ObjectBuilder::new().schema_type(Type::String).enum_values(Some(values)).build();
    schema.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_microseconds_and_ends_in_z() {
        for (text, expected) in [
            ("2026-11-22T12:00:00.123456Z", "2026-11-22T12:00:00.123456Z"),
            ("2024-02-29T01:02:03Z", "2024-02-29T01:02:03.000000Z"),
            ("2026-11-22T14:00:00.000004999+02:00", "2026-11-22T12:00:00.000004Z"),
        ] {
            let time: DateTime<Utc> = text.parse().unwrap();
            assert_eq!(serde_json::to_value(Rfc3339(time)).unwrap(), expected);
        }
    }
}
