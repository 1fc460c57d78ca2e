//! What every page of a payer has: the institution, the texts, and the formats of the language.

use chrono::{DateTime, NaiveDate, Utc};
use hermes_domain::institution::{Account, Institution, StudentIdRule};
use hermes_domain::money::{FeeBearer, Money};
use hermes_domain::payment::{BookingField, PayerDetails, Payment};
use hermes_languages::{Language, Texts};

use super::locale::{Locale, Switch};
use super::rfc3339;
use crate::state::AppState;

/// The part that all templates of payer pages share.
pub(super) struct Frame<'a> {
    pub t: &'static Texts,
    pub institution: &'a Institution,
    pub language: Language,
    /// Links to the page in other languages; empty for a page that the browser cannot request again.
    pub switches: Vec<Switch>,
}

/// An amount, for a template.
pub(super) struct ShownMoney {
    /// The plain decimal number.
    pub value: String,
    /// The number as the language writes it.
    pub number: String,
    pub code: &'static str,
}

/// A time, for a template.
pub(super) struct ShownTime {
    /// The time for programs, which convert it to the time zone of the browser.
    pub datetime: String,
    /// The time in the time zone of the institution.
    pub text: String,
}

/// A text of a payer with its label.
pub(super) struct Labelled {
    pub label: String,
    pub text: String,
}

impl<'a> Frame<'a> {
    /// Returns the frame of a page that answers a GET request.
    pub fn new(state: &'a AppState, locale: &Locale) -> Self {
        Self { switches: locale.switches(), ..Self::without_switch(state, locale) }
    }

    /// Returns the frame of a page that answers a form. A link would lose the entries.
    pub fn without_switch(state: &'a AppState, locale: &Locale) -> Self {
        Self {
            t: locale.language.texts(),
            institution: &state.rules.institution,
            language: locale.language,
            switches: Vec::new(),
        }
    }

    pub fn money(&self, amount: Money) -> ShownMoney {
        ShownMoney {
            value: amount.to_string(),
            number: self.language.number(amount),
            code: amount.currency().code(),
        }
    }

    pub fn date(&self, date: NaiveDate) -> String {
        self.language.date(date)
    }

    pub fn time(&self, instant: DateTime<Utc>) -> ShownTime {
        let text = self.language.date_time(instant, self.institution.time_zone);
        ShownTime { datetime: rfc3339(&instant), text: format!("{text} {}", self.zone(instant)) }
    }

    /// Returns the abbreviation of the institution's time zone at a time, such as `CET`.
    fn zone(&self, instant: DateTime<Utc>) -> String {
        instant.with_timezone(&self.institution.time_zone).format("%Z").to_string()
    }

    /// Returns the label of a fee: its rate, and who pays it.
    pub fn fee_label(&self, payment: &Payment) -> String {
        let rate = self.language.rate(payment.fee.rate);
        match payment.fee_bearer {
            FeeBearer::Payer => self.t.fee(rate).to_string(),
            FeeBearer::Institution => self.t.fee_institution(rate).to_string(),
        }
    }

    /// Returns the account that receives an amount.
    pub fn account(&self, amount: Money) -> Option<&'a Account> {
        self.institution.account_for(amount.currency())
    }

    /// Returns the label of a field.
    pub fn label(&self, field: BookingField) -> String {
        let t = self.t;
        let label = match field {
            BookingField::Name => t.field_name(),
            BookingField::Email => t.field_email(),
            BookingField::Amount => t.field_amount(),
            BookingField::CurrencyFrom => t.field_currency(),
            BookingField::School => t.field_school(),
            BookingField::StudentId => return self.student_id_label(),
            BookingField::SenderFullName => t.field_sender(),
            BookingField::CountryFrom => t.field_country(),
            BookingField::SenderAddress => t.field_address(),
            BookingField::Language => t.language_name(),
        };
        label.to_string()
    }

    /// Returns the texts of a payment with their labels, in the order of the form, without empty texts.
    pub fn details(&self, details: &PayerDetails) -> Vec<Labelled> {
        let label = |field| match field {
            BookingField::Name => self.t.details_name().to_string(),
            BookingField::Email => self.t.details_email().to_string(),
            _ => self.label(field),
        };
        let shown = FORM_ORDER.into_iter().filter_map(|field| {
            Some(Labelled { label: label(field), text: details.text(field)?.to_owned() })
        });
        shown.filter(|shown| !shown.text.is_empty()).collect()
    }

    /// Returns the label that the institution has set, or the one of the language.
    fn student_id_label(&self) -> String {
        let label = &self.institution.student_id.label;
        if *label == StudentIdRule::default().label {
            return self.t.field_student_id().to_string();
        }
        label.clone()
    }
}

/// The fields in the order of the form, which is that of a bank slip: what, how much, who.
pub(super) const FORM_ORDER: [BookingField; 9] = [
    BookingField::School,
    BookingField::StudentId,
    BookingField::Amount,
    BookingField::CurrencyFrom,
    BookingField::Name,
    BookingField::Email,
    BookingField::SenderFullName,
    BookingField::CountryFrom,
    BookingField::SenderAddress,
];
