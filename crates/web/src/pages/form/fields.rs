//! The fields of the form, with one table row per field.

use hermes_domain::payment::{PayerDetails, limits};
use hermes_domain::{FieldError, ValidationCode};

use super::choices::{CurrencyGroup, currency_groups};
use crate::extract::FormFields;

/// Fields with a common legend.
pub(super) struct FieldSet<'a> {
    pub legend: &'static str,
    pub fields: Vec<FormField<'a>>,
}

/// A field with the payer's input and its error.
pub(super) struct FormField<'a> {
    pub spec: &'static FieldSpec,
    pub value: &'a str,
    pub error: Option<String>,
    /// The options of a select element; empty for a text field.
    pub currencies: Vec<CurrencyGroup>,
}

/// One line of the error summary.
pub(super) struct SummaryLine {
    pub field: String,
    pub text: String,
}

/// The constant properties of a field.
pub(super) struct FieldSpec {
    pub name: &'static str,
    pub label: &'static str,
    pub hint: &'static str,
    pub is_required: bool,
    pub max_chars: usize,
    /// The keyboard that a phone shows.
    pub input_mode: &'static str,
    /// The data that a browser may fill in (HTML autofill detail tokens).
    pub autocomplete: &'static str,
}

/// The longest amount, in characters.
const AMOUNT_MAX: usize = 64;

const CURRENCY: &str = "currency_from";

impl FieldSpec {
    const fn optional(name: &'static str, label: &'static str, max_chars: usize) -> Self {
        Self { name, label, hint: "", is_required: false, max_chars, input_mode: "text", autocomplete: "off" }
    }

    const fn required(name: &'static str, label: &'static str, max_chars: usize) -> Self {
        Self { is_required: true, ..Self::optional(name, label, max_chars) }
    }
}

/// Every field is a text field or a select element. With `type=email`, a browser would rewrite the address and block
/// an invalid one, which only needs review. With `type=number`, a browser would round the amount.
static SETS: [(&str, &[FieldSpec]); 4] = [
    (
        "About you",
        &[
            FieldSpec {
                autocomplete: "name",
                ..FieldSpec::required("name", "Your full name", limits::NAME_MAX)
            },
            FieldSpec {
                input_mode: "email",
                autocomplete: "email",
                ..FieldSpec::required("email", "Your e-mail address", limits::EMAIL_MAX)
            },
        ],
    ),
    (
        "How much do you want to pay?",
        &[
            FieldSpec {
                hint: "A number, like 35000 or 35000.50",
                input_mode: "decimal",
                ..FieldSpec::required("amount", "Amount", AMOUNT_MAX)
            },
            FieldSpec::required(CURRENCY, "Currency", 3),
        ],
    ),
    (
        "What is it for?",
        &[
            FieldSpec::optional("school", "School", limits::SCHOOL_MAX),
            FieldSpec::optional("student_id", "Student ID", limits::STUDENT_ID_MAX),
        ],
    ),
    (
        "Who is sending the money?",
        &[
            FieldSpec {
                hint: "The name on the bank account",
                ..FieldSpec::optional("sender_full_name", "Sender’s full name", limits::NAME_MAX)
            },
            FieldSpec {
                autocomplete: "country-name",
                ..FieldSpec::optional("country_from", "Country", limits::COUNTRY_MAX)
            },
            FieldSpec {
                hint: "On one line, like 123 Test St, Boston",
                ..FieldSpec::optional("sender_address", "Sender’s address", limits::ADDRESS_MAX)
            },
        ],
    ),
];

/// Returns the fields with the payer's input and the errors.
pub(super) fn field_sets<'a>(typed: &'a FormFields, errors: &[FieldError]) -> Vec<FieldSet<'a>> {
    let field = |spec: &'static FieldSpec| FormField {
        spec,
        value: typed.find(spec.name).unwrap_or_default(),
        error: errors.iter().find(|error| error.field == spec.name).map(|error| capitalized(&error.detail)),
        currencies: match spec.name {
            CURRENCY => currency_groups(typed.find(CURRENCY)),
            _ => Vec::new(),
        },
    };
    let set = |(legend, specs): &(&'static str, &'static [FieldSpec])| FieldSet {
        legend,
        fields: specs.iter().map(field).collect(),
    };
    SETS.iter().map(set).collect()
}

/// Returns every error in the order of the form, for the summary above the form.
pub(super) fn summary(errors: &[FieldError]) -> Vec<SummaryLine> {
    let line = |error: &FieldError| SummaryLine {
        field: error.field.clone(),
        text: match error.code {
            // The message of a rule for every text does not name the field.
            ValidationCode::TooLong | ValidationCode::ControlCharacter | ValidationCode::CardNumber => {
                format!("{}: {}", label_of(&error.field), error.detail)
            }
            _ => capitalized(&error.detail),
        },
    };
    specs().flat_map(|spec| errors.iter().filter(|error| error.field == spec.name)).map(line).collect()
}

/// Returns the label of a field.
pub fn label_of(name: &str) -> &'static str {
    specs().find(|spec| spec.name == name).map_or("", |spec| spec.label)
}

/// Returns the texts of a payment with their labels, in the order of the form. A text that was not given is empty.
pub fn labelled_texts(details: &PayerDetails) -> [(&'static str, &str); 7] {
    [
        ("name", details.name.as_str()),
        ("email", &details.email),
        ("school", details.school.as_deref().unwrap_or_default()),
        ("student_id", details.student_id.as_deref().unwrap_or_default()),
        ("sender_full_name", details.sender_full_name.as_deref().unwrap_or_default()),
        ("country_from", details.country_from.as_deref().unwrap_or_default()),
        ("sender_address", details.sender_address.as_deref().unwrap_or_default()),
    ]
    .map(|(name, text)| (label_of(name), text))
}

/// Returns the name of every field with the payer's input.
pub fn values(typed: &FormFields) -> Vec<(&'static str, &str)> {
    specs().map(|spec| (spec.name, typed.find(spec.name).unwrap_or_default())).collect()
}

fn specs() -> impl Iterator<Item = &'static FieldSpec> {
    SETS.iter().flat_map(|(_, specs)| specs.iter())
}

fn capitalized(text: &str) -> String {
    let mut rest = text.chars();
    let first = rest.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    first + rest.as_str()
}
