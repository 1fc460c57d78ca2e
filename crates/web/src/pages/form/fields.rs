//! The fields of the form, from the table of booking fields.

use hermes_domain::payment::{BookingField, FieldSpec, PayerDetails};
use hermes_domain::{FieldError, ValidationCode};

use super::choices::{CurrencyGroup, currency_groups};
use crate::extract::FormFields;

/// A field with the payer's input and its error.
pub(super) struct FormField<'a> {
    pub spec: &'static FieldSpec,
    pub is_required: bool,
    pub input: Input,
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

/// How the form shows a field.
pub(super) struct Input {
    /// The legend above the field and the next ones; empty if the field belongs to the legend of the previous one.
    pub legend: &'static str,
    pub hint: &'static str,
    /// The keyboard that a phone shows.
    pub mode: &'static str,
    /// The data that a browser may fill in (HTML autofill detail tokens).
    pub autocomplete: &'static str,
}

impl Input {
    /// Every field is a text field or a select element. With `type=email`, a browser would rewrite the address and
    /// block an invalid one, which only needs review. With `type=number`, a browser would round the amount.
    const fn new(field: BookingField) -> Self {
        let text = Self { legend: "", hint: "", mode: "text", autocomplete: "off" };
        match field {
            BookingField::Name => Self { legend: "About you", autocomplete: "name", ..text },
            BookingField::Email => Self { mode: "email", autocomplete: "email", ..text },
            BookingField::Amount => Self {
                legend: "How much do you want to pay?",
                hint: "A number, like 35000 or 35000.50",
                mode: "decimal",
                ..text
            },
            BookingField::School => Self { legend: "What is it for?", ..text },
            BookingField::CurrencyFrom | BookingField::StudentId => text,
            BookingField::SenderFullName => {
                Self { legend: "Who is sending the money?", hint: "The name on the bank account", ..text }
            }
            BookingField::CountryFrom => Self { autocomplete: "country-name", ..text },
            BookingField::SenderAddress => Self { hint: "On one line, like 123 Test St, Boston", ..text },
        }
    }
}

/// Returns the fields with the payer's input and the errors.
pub(super) fn form_fields<'a>(typed: &'a FormFields, errors: &[FieldError]) -> Vec<FormField<'a>> {
    let form_field = |field: BookingField| {
        let spec = field.spec();
        let error = errors.iter().find(|error| error.field == spec.name);
        FormField {
            spec,
            // The form always sends a currency.
            is_required: spec.if_missing.is_some() || field == BookingField::CurrencyFrom,
            input: Input::new(field),
            value: typed.find(spec.name).unwrap_or_default(),
            error: error.map(|error| capitalized(&error.detail)),
            currencies: match field {
                BookingField::CurrencyFrom => currency_groups(typed.find(spec.name)),
                _ => Vec::new(),
            },
        }
    };
    BookingField::ALL.into_iter().map(form_field).collect()
}

/// Returns every error in the order of the form, for the summary above the form.
pub(super) fn summary(errors: &[FieldError]) -> Vec<SummaryLine> {
    let lines = BookingField::ALL.into_iter().flat_map(|field| {
        let spec = field.spec();
        let errors = errors.iter().filter(|error| error.field == spec.name);
        errors.map(|error| SummaryLine {
            field: spec.name,
            text: match error.code {
                // The message of a rule for every text does not name the field.
                ValidationCode::TooLong | ValidationCode::ControlCharacter | ValidationCode::CardNumber => {
                    format!("{}: {}", spec.label, error.detail)
                }
                _ => capitalized(&error.detail),
            },
        })
    });
    lines.collect()
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

fn capitalized(text: &str) -> String {
    let mut rest = text.chars();
    let first = rest.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    first + rest.as_str()
}
