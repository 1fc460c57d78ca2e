//! The entries of the form: read in the language of the page, with the rules of the institution.
//!
//! An entry with one reading is accepted although it is written differently: `35.000,50`, `eur`, `law` for the school
//! *Law*. An entry with two readings is an error that names both.

use std::borrow::Cow;

use hermes_domain::FieldError;
use hermes_domain::institution::Institution;
use hermes_domain::money::Currency;
use hermes_domain::payment::{BookingField, BookingRequest, NewBooking};
use hermes_languages::typed_amount::{TypedAmount, read};

use super::frame::{FORM_ORDER, Frame};
use super::input_errors::error_text;
use crate::extract::FormFields;

/// An amount that stands for one that was already reported as wrong.
const READABLE: &str = "1";

/// An invalid field and how to correct it, in the language of the page.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct InputError {
    pub field: BookingField,
    pub text: String,
}

/// Reads the entries.
///
/// # Errors
/// Every invalid field, in the order of the form.
pub(super) fn read_booking(frame: &Frame<'_>, form: &FormFields) -> Result<NewBooking, Vec<InputError>> {
    let institution = frame.institution;
    let mut request = entries(form);
    request.insert(BookingField::Language, frame.language.code().to_owned());
    let mut errors = Vec::new();
    errors.extend(read_amount(frame, &mut request));
    errors.extend(read_school(frame, &mut request));
    read_student_id(institution, &mut request);
    let parsed = NewBooking::parse(&request, &institution.student_id);
    match &parsed {
        Ok(booking) => errors.extend(check_currency(frame, booking.amount.currency())),
        Err(found) => errors.extend(found.iter().filter_map(|error| localized(frame, error))),
    }
    errors.extend(check_student_id(frame, request.get(&BookingField::StudentId).map(|text| text.trim())));
    let position = |error: &InputError| FORM_ORDER.iter().position(|field| *field == error.field);
    errors.sort_by_key(position);
    errors.dedup_by_key(|error| error.field);
    match parsed {
        Ok(booking) if errors.is_empty() => Ok(booking),
        _ => Err(errors),
    }
}

/// Returns the entries of the form by field.
fn entries(form: &FormFields) -> BookingRequest {
    let entry = |field: BookingField| Some((field, form.find(field.spec().name)?.to_owned()));
    BookingField::ALL.into_iter().filter_map(entry).collect()
}

/// Replaces the typed amount by a plain decimal number.
fn read_amount(frame: &Frame<'_>, request: &mut BookingRequest) -> Option<InputError> {
    let typed = request.get(&BookingField::Amount).filter(|text| !text.trim().is_empty())?;
    let code = request.get(&BookingField::CurrencyFrom).map_or("", |text| text.trim());
    let currency = if code.is_empty() { Currency::USD } else { code.parse().ok()? };
    let (readable, error) = match read(typed, currency, frame.language) {
        TypedAmount::Decimal(decimal) => (decimal, None),
        TypedAmount::Unclear(readings) => (READABLE.to_owned(), Some(unclear(frame, &readings))),
        TypedAmount::NotANumber => {
            let example = frame.amount_example(currency);
            (READABLE.to_owned(), Some(frame.t.error_amount_not_a_number(example).to_string()))
        }
    };
    request.insert(BookingField::Amount, readable);
    error.map(|text| InputError { field: BookingField::Amount, text })
}

fn unclear(frame: &Frame<'_>, readings: &[String]) -> String {
    match readings {
        [first, second, ..] => frame.t.error_amount_ambiguous(first.clone(), second.clone()).to_string(),
        [first] => frame.t.error_amount_group(first.clone()).to_string(),
        [] => String::new(),
    }
}

/// Replaces the school by the entry of the institution's list that differs only in case.
fn read_school(frame: &Frame<'_>, request: &mut BookingRequest) -> Option<InputError> {
    let schools = &frame.institution.schools;
    let typed = request.get(&BookingField::School).map_or("", |text| text.trim()).to_lowercase();
    if schools.is_empty() || typed.is_empty() {
        return None;
    }
    match schools.iter().find(|school| school.to_lowercase() == typed) {
        Some(school) => {
            request.insert(BookingField::School, school.clone());
            None
        }
        None => {
            let text = frame.t.error_school().to_string();
            Some(InputError { field: BookingField::School, text })
        }
    }
}

/// Replaces the identifier by the spelling that the institution's pattern matches: in capitals, or without spaces.
fn read_student_id(institution: &Institution, request: &mut BookingRequest) {
    let Some(typed) = request.get(&BookingField::StudentId).map(|text| text.trim()) else { return };
    let compact: String = typed.split_whitespace().collect();
    let spellings = [
        Cow::Borrowed(typed),
        compact.clone().into(),
        typed.to_uppercase().into(),
        compact.to_uppercase().into(),
    ];
    let is_own = |text: &Cow<'_, str>| !text.is_empty() && institution.student_id.recognizes(text);
    let own = spellings.into_iter().find(is_own).map(Cow::into_owned);
    if let Some(id) = own {
        request.insert(BookingField::StudentId, id);
    }
}

fn check_student_id(frame: &Frame<'_>, id: Option<&str>) -> Option<InputError> {
    let rule = &frame.institution.student_id;
    let label = || frame.label(BookingField::StudentId);
    let text = match id.filter(|id| !id.is_empty()) {
        None if rule.is_required => frame.t.error_student_id_missing(label()),
        Some(id) if !rule.matches(id) => match &rule.example {
            Some(example) => frame.t.error_student_id(label(), example.clone()),
            None => frame.t.error_student_id_no_example(label()),
        },
        None | Some(_) => return None,
    };
    Some(InputError { field: BookingField::StudentId, text: text.to_string() })
}

fn check_currency(frame: &Frame<'_>, currency: Currency) -> Option<InputError> {
    let text = || frame.t.error_currency_not_offered(currency.code()).to_string();
    (!frame.institution.offers(currency))
        .then(|| InputError { field: BookingField::CurrencyFrom, text: text() })
}

/// Returns an error of the domain in the language of the page.
pub(super) fn localized(frame: &Frame<'_>, error: &FieldError) -> Option<InputError> {
    let field = BookingField::ALL.into_iter().find(|field| field.spec().name == error.field)?;
    Some(InputError { field, text: error_text(frame, field, error) })
}
