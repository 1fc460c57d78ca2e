//! The currencies and schools that the form offers.

use hermes_domain::money::Currency;

use super::fields::typed_currency;
use crate::extract::FormFields;
use crate::pages::frame::Frame;

/// An option of a select element.
pub(in crate::pages) struct Choice {
    pub value: String,
    pub text: String,
    pub is_selected: bool,
}

/// Returns the currencies with an account in the order of the configuration, or all currencies if there is no account.
pub(super) fn currencies(frame: &Frame<'_>, typed: &str) -> Vec<Choice> {
    let form = FormFields::default().with("currency_from", typed);
    let selected = typed_currency(frame, &form);
    let choice = |currency: Currency| Choice {
        value: currency.code().to_owned(),
        text: format!("{} – {}", currency.code(), frame.t.currency_name(currency.code(), currency.name())),
        is_selected: currency == selected,
    };
    let accounts = &frame.institution.accounts;
    if !accounts.is_empty() {
        return accounts.iter().map(|account| choice(account.currency)).collect();
    }
    let mut all: Vec<_> = Currency::all().map(choice).collect();
    all.sort_by(|a, b| a.value.cmp(&b.value));
    all
}

/// Returns the schools of the institution after an empty choice; none if payers type the school.
pub(super) fn schools(frame: &Frame<'_>, typed: &str) -> Vec<Choice> {
    let schools = &frame.institution.schools;
    if schools.is_empty() {
        return Vec::new();
    }
    let typed = typed.trim().to_lowercase();
    let none = Choice {
        value: String::new(),
        text: frame.t.field_school_choose().to_string(),
        is_selected: typed.is_empty(),
    };
    let choice = |school: &String| Choice {
        value: school.clone(),
        text: school.clone(),
        is_selected: school.to_lowercase() == typed,
    };
    std::iter::once(none).chain(schools.iter().map(choice)).collect()
}
