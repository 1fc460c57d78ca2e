//! The fields of the form, with the payer's entries and their errors.

use hermes_domain::money::Currency;
use hermes_domain::payment::BookingField;

use super::choices::{Choice, currencies, schools};
use crate::extract::FormFields;
use crate::pages::frame::Frame;
use crate::pages::input::InputError;

/// A field with the payer's entry and its error.
pub(in crate::pages) struct FormField {
    pub name: &'static str,
    pub label: String,
    pub hint: String,
    /// The class that makes the field as wide as its expected content.
    pub width: &'static str,
    pub max_chars: usize,
    /// The keyboard that a phone shows.
    pub input_mode: &'static str,
    /// The data that a browser may fill in (HTML autofill detail tokens).
    pub autocomplete: &'static str,
    pub value: String,
    pub error: Option<String>,
    /// The options of a select element; empty for a text field.
    pub choices: Vec<Choice>,
    pub is_required: bool,
    /// Whether the page opens with the cursor in the field.
    pub has_focus: bool,
}

/// The fields in groups, each with a heading.
pub(in crate::pages) struct FormGroups {
    pub purpose: Vec<FormField>,
    pub payer: Vec<FormField>,
    pub sender: Vec<FormField>,
    /// Whether the group of the sender is open.
    pub shows_sender: bool,
}

/// What the form shows.
#[derive(Clone, Copy)]
pub(in crate::pages) struct Entered<'a> {
    pub form: &'a FormFields,
    pub errors: &'a [InputError],
    /// The field that the payer wants to change.
    pub focus: Option<BookingField>,
}

/// Returns the fields of the form.
pub(in crate::pages) fn form_groups(frame: &Frame<'_>, entered: Entered<'_>) -> FormGroups {
    let fields =
        |fields: &[BookingField]| fields.iter().map(|field| form_field(frame, entered, *field)).collect();
    let sender = [BookingField::SenderFullName, BookingField::CountryFrom, BookingField::SenderAddress];
    let is_used = |field: &BookingField| {
        let value = entered.form.find(field.spec().name).unwrap_or_default();
        !value.trim().is_empty() || entered.focus == Some(*field)
    };
    FormGroups {
        purpose: fields(&[
            BookingField::School,
            BookingField::StudentId,
            BookingField::Amount,
            BookingField::CurrencyFrom,
        ]),
        payer: fields(&[BookingField::Name, BookingField::Email]),
        sender: fields(&sender),
        shows_sender: sender.iter().any(is_used),
    }
}

/// Returns one field.
pub(in crate::pages) fn form_field(
    frame: &Frame<'_>,
    entered: Entered<'_>,
    field: BookingField,
) -> FormField {
    let spec = field.spec();
    let typed = entered.form.find(spec.name).unwrap_or_default();
    let [width, input_mode, autocomplete] = layout(field);
    let choices = match field {
        BookingField::CurrencyFrom => currencies(frame, typed),
        BookingField::School => schools(frame, typed),
        _ => Vec::new(),
    };
    let student_id = &frame.institution.student_id;
    let is_required = match field {
        // The form always sends a currency.
        BookingField::CurrencyFrom => true,
        BookingField::StudentId => student_id.is_required,
        _ => spec.is_required(),
    };
    let error = entered.errors.iter().find(|error| error.field == field);
    let label = frame.label(field);
    FormField {
        name: spec.name,
        label: if is_required { label } else { frame.t.field_optional(label).to_string() },
        hint: hint(frame, field, typed_currency(frame, entered.form)),
        width,
        max_chars: spec.max_chars,
        input_mode,
        autocomplete,
        value: typed.to_owned(),
        error: error.map(|error| error.text.clone()),
        choices,
        is_required,
        has_focus: entered.focus == Some(field),
    }
}

/// Returns the width, the input mode and the autocomplete token of a field.
///
/// Every field is a text field or a select element. With `type=email`, a browser would rewrite the address and block
/// an invalid one, which only needs review. With `type=number`, a browser would round the amount.
const fn layout(field: BookingField) -> [&'static str; 3] {
    match field {
        BookingField::Name => ["wide", "text", "name"],
        BookingField::Email => ["wide", "email", "email"],
        BookingField::Amount => ["amount", "decimal", "off"],
        BookingField::CurrencyFrom => ["currency", "text", "off"],
        BookingField::StudentId => ["id", "text", "off"],
        BookingField::School | BookingField::SenderFullName => ["wide", "text", "off"],
        BookingField::CountryFrom => ["id", "text", "country-name"],
        BookingField::SenderAddress | BookingField::Language => ["full", "text", "off"],
    }
}

fn hint(frame: &Frame<'_>, field: BookingField, currency: Currency) -> String {
    let t = frame.t;
    match field {
        BookingField::Amount => t.field_amount_hint(frame.amount_example(currency)).to_string(),
        BookingField::StudentId => {
            let example = frame.institution.student_id.example.clone();
            example.map(|example| t.field_student_id_hint(example).to_string()).unwrap_or_default()
        }
        BookingField::SenderFullName => t.field_sender_hint().to_string(),
        BookingField::CountryFrom => t.field_country_hint().to_string(),
        BookingField::SenderAddress => t.field_address_hint().to_string(),
        BookingField::Name
        | BookingField::Email
        | BookingField::CurrencyFrom
        | BookingField::School
        | BookingField::Language => String::new(),
    }
}

/// Returns the chosen currency, or the one that the form selects.
pub(super) fn typed_currency(frame: &Frame<'_>, form: &FormFields) -> Currency {
    let typed = form.find(BookingField::CurrencyFrom.spec().name).and_then(|code| code.parse().ok());
    let first = frame.institution.accounts.first().map(|account| account.currency);
    typed.filter(|currency| frame.institution.offers(*currency)).or(first).unwrap_or(Currency::USD)
}

/// Returns the name and entry of every field, for hidden fields.
pub(in crate::pages) fn values(form: &FormFields) -> Vec<(&'static str, &str)> {
    let names = BookingField::ALL.into_iter().filter(|field| *field != BookingField::Language);
    names.map(|field| (field.spec().name, form.find(field.spec().name).unwrap_or_default())).collect()
}
