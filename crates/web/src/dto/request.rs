//! The schemas of request bodies, from the table of booking fields.
//!
//! The extractors parse a body field by field, to report every error at once.

use std::borrow::Cow;

use hermes_domain::ledger::MAX_REASON_CHARS;
use hermes_domain::payment::BookingField;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, RefBuilder, Schema, SchemaType, Type};
use utoipa::{PartialSchema, ToSchema};

use super::AmountInput;

/// The schema of a payment to book.
pub struct NewBookingBody;

impl PartialSchema for NewBookingBody {
    fn schema() -> RefOr<Schema> {
        let required = BookingField::ALL.into_iter().filter(|field| field.spec().if_missing.is_some());
        let body = object("A payment to book.", BookingField::ALL);
        required.fold(body, |body, field| body.required(field.spec().name)).into()
    }
}

impl ToSchema for NewBookingBody {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("NewBooking")
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((AmountInput::name().into_owned(), AmountInput::schema()));
    }
}

/// The schema of the fields to correct.
pub struct CorrectionBody;

impl PartialSchema for CorrectionBody {
    fn schema() -> RefOr<Schema> {
        let description = "The fields to correct. A missing field is unchanged; null clears an optional field. The \
                           amount can change only while nothing has been received.";
        let fields = BookingField::ALL.into_iter().filter(|field| field.spec().if_corrected.is_none());
        let reason = text("The reason, for the audit log.", "typing error", Some(Type::Null));
        object(description, fields).property("reason", reason.max_length(Some(MAX_REASON_CHARS))).into()
    }
}

impl ToSchema for CorrectionBody {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Correction")
    }
}

/// The schema of a cancellation.
pub struct CancellationBody;

impl PartialSchema for CancellationBody {
    fn schema() -> RefOr<Schema> {
        let reason = text("The reason, which the payer and the audit log show.", "booked twice", None);
        let reason = reason.min_length(Some(1)).max_length(Some(MAX_REASON_CHARS));
        object("The reason of a cancellation.", []).property("reason", reason).required("reason").into()
    }
}

impl ToSchema for CancellationBody {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Cancellation")
    }
}

fn object(description: &str, fields: impl IntoIterator<Item = BookingField>) -> ObjectBuilder {
    let body = ObjectBuilder::new().description(Some(description));
    fields.into_iter().fold(body, |body, field| body.property(field.spec().name, property(field)))
}

fn property(field: BookingField) -> RefOr<Schema> {
    let spec = field.spec();
    let text = text(spec.description, spec.example, spec.if_missing.is_none().then_some(Type::Null));
    match field {
        BookingField::Amount => {
            let amount = RefBuilder::new().ref_location_from_schema_name(AmountInput::name());
            amount.description(Some(spec.description)).into()
        }
        BookingField::CurrencyFrom => text.pattern(Some("^[A-Za-z]{3}$")).into(),
        _ => text.max_length(Some(spec.max_chars)).into(),
    }
}

fn text(description: &str, example: &str, null: Option<Type>) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::String].into_iter().chain(null)))
        .description(Some(description))
        .examples([example])
}
