//! The fields of the form, from the table of booking fields.

use hermes_domain::payment::{BookingField, FieldSpec, PayerDetails};
use hermes_domain::{FieldError, ValidationCode};

use super::choices::{CurrencyGroup, currency_groups};
use crate::extract::FormFields;
use crate::problem::capitalized;

/// A field with the payer's input and its error.
pub(super) struct FormField<'a> {
    pub spec: FieldSpec,
    pub is_required: bool,
    /// The legend above the field and the next ones; empty if the field belongs to the legend of the previous one.
    pub legend: &'static str,
    pub hint: &'static str,
    /// The keyboard that a phone shows.
    pub input_mode: &'static str,
    /// The data that a browser may fill in (HTML autofill detail tokens).
    pub autocomplete: &'static str,
    pub value: &'a str,
    pub error: Option<String>,
    /// The options of a select element; empty for a text field.
    pub currencies: Vec<CurrencyGroup>,
}

/// One line of the error summary.
pub(super) struct SummaryLine {
    pub field: &'static str,
    pub text: String,
}

/// Returns the legend, the hint, the input mode and the autocomplete token of a field.
///
/// Every field is a text field or a select element. With `type=email`, a browser would rewrite the address and block
/// an invalid one, which only needs review. With `type=number`, a browser would round the amount.
const fn layout(field: BookingField) -> [&'static str; 4] {
    match field {
        BookingField::Name => ["About you", "", "text", "name"],
        BookingField::Email => ["", "", "email", "email"],
        BookingField::Amount => {
            ["How much do you want to pay?", "A number, like 35000 or 35000.50", "decimal", "off"]
        }
        BookingField::School => ["What is it for?", "", "text", "off"],
        BookingField::CurrencyFrom | BookingField::StudentId => ["", "", "text", "off"],
        BookingField::SenderFullName => {
            ["Who is sending the money?", "The name on the bank account", "text", "off"]
        }
        BookingField::CountryFrom => ["", "", "text", "country-name"],
        BookingField::SenderAddress => ["", "On one line, like 123 Test St, Boston", "text", "off"],
    }
}

/// Returns the fields with the payer's input and the errors.
pub(super) fn form_fields<'a>(typed: &'a FormFields, errors: &[FieldError]) -> Vec<FormField<'a>> {
    let form_field = |field: BookingField| {
        let spec = field.spec();
        let [legend, hint, input_mode, autocomplete] = layout(field);
        let error = errors.iter().find(|error| error.field == spec.name);
        let is_currency = field == BookingField::CurrencyFrom;
        FormField {
            spec,
            // The form always sends a currency.
            is_required: spec.is_required() || is_currency,
            legend,
            hint,
            input_mode,
            autocomplete,
            value: typed.find(spec.name).unwrap_or_default(),
            error: error.map(|error| capitalized(&error.detail)),
            currencies: if is_currency { currency_groups(typed.find(spec.name)) } else { Vec::new() },
        }
    };
    BookingField::ALL.map(form_field).into()
}

/// Returns every error in the order of the form, for the summary above the form.
pub(super) fn summary(errors: &[FieldError]) -> Vec<SummaryLine> {
    let specs = BookingField::ALL.map(BookingField::spec).into_iter();
    let found = specs.flat_map(|spec| {
        errors.iter().filter(move |error| error.field == spec.name).map(move |error| (spec, error))
    });
    let line = |(spec, error): (FieldSpec, &FieldError)| SummaryLine {
        field: spec.name,
        text: match error.code {
            // The message of a rule for every text does not name the field.
            ValidationCode::TooLong | ValidationCode::ControlCharacter | ValidationCode::CardNumber => {
                format!("{}: {}", spec.label, error.detail)
            }
            _ => capitalized(&error.detail),
        },
    };
    found.map(line).collect()
}

/// Returns the texts of a payment with their labels, in the order of the form, without empty texts.
pub fn labelled_texts(details: &PayerDetails) -> Vec<(&'static str, &str)> {
    BookingField::ALL
        .into_iter()
        .filter_map(|field| Some((field.spec().label, details.text(field)?)))
        .collect()
}

/// Returns the name of every field with the payer's input.
pub fn values(typed: &FormFields) -> Vec<(&'static str, &str)> {
    let names = BookingField::ALL.into_iter().map(|field| field.spec().name);
    names.map(|name| (name, typed.find(name).unwrap_or_default())).collect()
}
