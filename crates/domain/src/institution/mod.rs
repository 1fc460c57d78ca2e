//! The institution that payers pay: its names, its accounts, and what it asks payers for.
//!
//! An [`Institution`] is read from the configuration at start. Every value is checked when it is created, so pages can
//! show it as it is.

mod account;
mod color;
mod logo;
mod student_id;

use chrono::{DateTime, Days, NaiveDate, Utc};
use chrono_tz::Tz;

pub use account::{Account, AccountError, AccountFields, AccountNumber, Bic, InvalidBic};
pub use color::{AccentColor, InvalidAccentColor};
pub use logo::{Logo, LogoFormat, LogoWithoutSize};
pub use student_id::{InvalidStudentIdPattern, StudentIdRule};

use crate::money::Currency;

/// The longest payment term, in days.
pub const PAYMENT_TERM_DAYS_MAX: u16 = 365;

/// The institution that payers pay.
#[derive(Debug, Clone)]
pub struct Institution {
    /// The name on pages, on the confirmation and in mail.
    pub name: String,
    /// How payers reach the finance office.
    pub contact: Contact,
    /// The time zone of dates on pages and of [`Self::due_on`].
    pub time_zone: Tz,
    /// The colour of links and buttons; `None` uses the colour of Hermes.
    pub accent: Option<AccentColor>,
    /// The picture above the name.
    pub logo: Option<Logo>,
    /// The schools that a payer chooses from. If empty, the payer types the school.
    pub schools: Vec<String>,
    /// The identifier that payers enter, such as a student ID or an invoice number.
    pub student_id: StudentIdRule,
    /// Days from the booking of a payment until it is due, at most [`PAYMENT_TERM_DAYS_MAX`].
    pub payment_term_days: u16,
    /// The URL of the privacy notice; `None` shows the page of Hermes.
    pub privacy_url: Option<String>,
    /// The accounts that receive money. Currencies are unique.
    pub accounts: Vec<Account>,
}

/// How payers reach the finance office. Each text can be missing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contact {
    /// The e-mail address.
    pub email: Option<String>,
    /// The telephone number, as people write it.
    pub phone: Option<String>,
    /// The office hours or any other text, on one line.
    pub hours: Option<String>,
}

impl Institution {
    /// Returns the account that receives a currency, or `None` if payers cannot pay in it.
    pub fn account_for(&self, currency: Currency) -> Option<&Account> {
        self.accounts.iter().find(|account| account.currency == currency)
    }

    /// Returns whether the form offers a currency. Without any account, the form offers all.
    pub fn offers(&self, currency: Currency) -> bool {
        self.accounts.is_empty() || self.account_for(currency).is_some()
    }

    /// Returns the accounts that are only an example; nobody may send money to them.
    pub fn example_accounts(&self) -> impl Iterator<Item = &Account> {
        self.accounts.iter().filter(|account| account.is_example)
    }

    /// Returns the last day for the transfer of a payment booked at `booked_at`, in the institution's time zone.
    pub fn due_on(&self, booked_at: DateTime<Utc>) -> NaiveDate {
        let booked_on = booked_at.with_timezone(&self.time_zone).date_naive();
        booked_on.checked_add_days(Days::new(self.payment_term_days.into())).unwrap_or(NaiveDate::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn institution(time_zone: Tz) -> Institution {
        Institution {
            name: "Example University".to_owned(),
            contact: Contact::default(),
            time_zone,
            accent: None,
            logo: None,
            schools: Vec::new(),
            student_id: StudentIdRule::default(),
            payment_term_days: 14,
            privacy_url: None,
            accounts: Vec::new(),
        }
    }

    #[test]
    fn the_due_date_counts_days_in_the_time_zone_of_the_institution() {
        let booked_at = "2026-11-22T23:30:00Z".parse().unwrap();
        let due_on = |zone| institution(zone).due_on(booked_at).to_string();
        assert_eq!(due_on(Tz::UTC), "2026-12-06");
        assert_eq!(due_on(Tz::Europe__Madrid), "2026-12-07");
        assert_eq!(due_on(Tz::America__New_York), "2026-12-06");
    }

    #[test]
    fn only_currencies_with_an_account_are_offered() {
        let mut institution = institution(Tz::UTC);
        assert!(institution.offers(Currency::JPY));
        let fields = AccountFields { iban: "DE89370400440532013000", ..account::tests::eur() };
        institution.accounts.push(Account::new(&fields).unwrap());
        assert!(!institution.offers(Currency::JPY));
        assert!(institution.offers("EUR".parse().unwrap()));
    }
}
