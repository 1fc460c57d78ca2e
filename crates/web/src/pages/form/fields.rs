//! The fields of the form: one row a field.

use hermes_domain::FieldError;
use hermes_domain::payment::limits;

use super::super::currencies::{CurrencyGroup, currency_groups};
use crate::extract::FormFields;

/// Fields that belong together.
pub(super) struct FieldSet<'a> {
    pub legend: &'static str,
    pub fields: Vec<Field<'a>>,
}

/// A field with what was typed into it and what is wrong with that.
pub(super) struct Field<'a> {
    pub spec: &'static FieldSpec,
    pub value: &'a str,
    pub fault: Option<String>,
    /// The choices, where it has some.
    pub currencies: Vec<CurrencyGroup>,
}

/// One line of the list of everything that is wrong.
pub(super) struct SummaryLine {
    pub field: String,
    pub text: String,
}

/// What never changes about a field.
pub(super) struct FieldSpec {
    pub name: &'static str,
    pub label: &'static str,
    pub hint: &'static str,
    pub required: bool,
    pub max_chars: usize,
    /// The keyboard that a phone shows.
    pub input_mode: &'static str,
    /// What a browser may fill in (HTML, autofill detail tokens).
    pub autocomplete: &'static str,
}

/// The longest text that is read as an amount.
const AMOUNT_MAX: usize = 64;

const CURRENCY: &str = "currency_from";

impl FieldSpec {
    const fn optional(name: &'static str, label: &'static str, max_chars: usize) -> Self {
        Self { name, label, hint: "", required: false, max_chars, input_mode: "text", autocomplete: "off" }
    }

    const fn required(name: &'static str, label: &'static str, max_chars: usize) -> Self {
        Self { required: true, ..Self::optional(name, label, max_chars) }
    }
}

/// The address is no `type=email`: browsers would rewrite it, and whether it is one is a quality check, not a
/// reason to refuse. The amount is no `type=number`: browsers would round it.
static SETS: [(&str, &[FieldSpec]); 4] = [
    (
        "Who pays",
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
        "How much",
        &[
            FieldSpec {
                hint: "Digits, with a point for decimals: 35000.00",
                input_mode: "decimal",
                ..FieldSpec::required("amount", "Amount", AMOUNT_MAX)
            },
            FieldSpec::required(CURRENCY, "Currency", 3),
        ],
    ),
    (
        "What for",
        &[
            FieldSpec::optional("school", "School", limits::SCHOOL_MAX),
            FieldSpec::optional("student_id", "Student ID", limits::STUDENT_ID_MAX),
        ],
    ),
    (
        "Where the money comes from",
        &[
            FieldSpec {
                hint: "As the bank account is named",
                ..FieldSpec::optional("sender_full_name", "Sender’s full name", limits::NAME_MAX)
            },
            FieldSpec {
                autocomplete: "country-name",
                ..FieldSpec::optional("country_from", "Country", limits::COUNTRY_MAX)
            },
            FieldSpec {
                hint: "On one line: 123 Test St, Boston",
                ..FieldSpec::optional("sender_address", "Sender’s address", limits::ADDRESS_MAX)
            },
        ],
    ),
];

/// The fields, with what was typed and what is wrong.
pub(super) fn field_sets<'a>(typed: &'a FormFields, faults: &[FieldError]) -> Vec<FieldSet<'a>> {
    let field = |spec: &'static FieldSpec| Field {
        spec,
        value: typed.find(spec.name).unwrap_or_default(),
        fault: faults.iter().find(|fault| fault.field == spec.name).map(sentence),
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

/// Everything that is wrong, by field.
pub(super) fn summary(faults: &[FieldError]) -> Vec<SummaryLine> {
    let line = |fault: &FieldError| {
        let spec = specs().find(|spec| spec.name == fault.field);
        let label = spec.map_or(fault.field.as_str(), |spec| spec.label);
        SummaryLine { field: fault.field.clone(), text: format!("{label}: {}", fault.detail) }
    };
    faults.iter().map(line).collect()
}

/// What a payer knows a field as.
pub fn label_of(name: &str) -> &'static str {
    specs().find(|spec| spec.name == name).map_or("", |spec| spec.label)
}

/// Every field with what was typed into it.
pub fn values(typed: &FormFields) -> Vec<(&'static str, &str)> {
    specs().map(|spec| (spec.name, typed.find(spec.name).unwrap_or_default())).collect()
}

fn specs() -> impl Iterator<Item = &'static FieldSpec> {
    SETS.iter().flat_map(|(_, specs)| specs.iter())
}

/// A fault's detail as a sentence of its own.
fn sentence(fault: &FieldError) -> String {
    let mut rest = fault.detail.chars();
    let first = rest.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", rest.as_str())
}
