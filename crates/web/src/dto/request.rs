//! The schemas of request bodies, from the table of booking fields.
//!
//! The extractors parse a body field by field, to report every error at once.

use hermes_domain::ledger::MAX_REASON_CHARS;
use hermes_domain::payment::BookingField;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Schema, SchemaType, Type};

use super::values::{schemas, string_enum};

schemas! {
    /// The schema of a payment to book.
    NewBookingBody as "NewBooking" = {
        let body = object("A payment to book.", BookingField::ALL);
        let required = BookingField::ALL.map(BookingField::spec).into_iter().filter(|spec| spec.is_required());
        required.fold(body, |body, spec| body.required(spec.name)).into()
    };
    /// The schema of the fields to correct.
    CorrectionBody as "Correction" = {
        let description = "The fields to correct. A missing field is unchanged; null clears an optional field. The \
                           amount can change only while nothing has been received.";
        let fields = BookingField::ALL.into_iter().filter(|field| field.spec().is_correctable());
        let reason = text("The reason, for the audit log.", "typing error", MAX_REASON_CHARS);
        object(description, fields).property("reason", nullable(reason)).into()
    };
    /// The schema of a cancellation.
    CancellationBody as "Cancellation" = {
        let description = "The reason, which the payer and the audit log show.";
        let reason = text(description, "booked twice", MAX_REASON_CHARS).min_length(Some(1));
        let held = string_enum(["refund", "credit"]);
        object("The reason of a cancellation. If the payment holds money, held says what becomes of it: refund makes it due for \
            a refund, which is the default; credit keeps it for other payments.", [])
            .property("reason", reason).property("held", held).required("reason").into()
    };
}

fn object(description: &str, fields: impl IntoIterator<Item = BookingField>) -> ObjectBuilder {
    let body = ObjectBuilder::new().description(Some(description));
    fields.into_iter().fold(body, |body, field| body.property(field.spec().name, property(field)))
}

fn property(field: BookingField) -> RefOr<Schema> {
    let spec = field.spec();
    let text = text(spec.description, spec.example, spec.max_chars);
    match field {
        BookingField::Amount => {
            let number = ObjectBuilder::new().schema_type(Type::Number);
            let number = number.description(Some("A JSON number, parsed exactly from its text."));
            let description = Some(spec.description);
            let text = text.description(Some("A decimal string.")).max_length(None);
            OneOfBuilder::new().item(text).item(number).description(description).into()
        }
        BookingField::Language => nullable(text.pattern(Some("^[A-Za-z]{2}$"))).into(),
        BookingField::CurrencyFrom => nullable(text.pattern(Some("^[A-Za-z]{3}$"))).into(),
        _ if spec.is_required() => text.into(),
        _ => nullable(text).into(),
    }
}

fn text(description: &str, example: &str, max_chars: usize) -> ObjectBuilder {
    let text = ObjectBuilder::new().schema_type(Type::String).max_length(Some(max_chars));
    text.description(Some(description)).examples([example])
}

fn nullable(text: ObjectBuilder) -> ObjectBuilder {
    text.schema_type(SchemaType::from_iter([Type::String, Type::Null]))
}
