//! The texts of a payment: payer, student, institution and sender.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::BookingField;

/// The texts of a payment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PayerDetails {
    /// The payer's name.
    pub name: String,
    /// The payer's e-mail address as given; a validation check flags an invalid address.
    pub email: String,
    /// The school or institution.
    pub school: Option<String>,
    /// The student's identifier at the school.
    pub student_id: Option<String>,
    /// The sender's name, if the sender is not the payer.
    pub sender_full_name: Option<String>,
    /// The country that the money comes from.
    pub country_from: Option<String>,
    /// The sender's postal address.
    pub sender_address: Option<String>,
}

impl PayerDetails {
    /// Creates the details from the text of each field.
    pub fn from_texts(mut text: impl FnMut(BookingField) -> Option<String>) -> Self {
        Self {
            name: text(BookingField::Name).unwrap_or_default(),
            email: text(BookingField::Email).unwrap_or_default(),
            school: text(BookingField::School),
            student_id: text(BookingField::StudentId),
            sender_full_name: text(BookingField::SenderFullName),
            country_from: text(BookingField::CountryFrom),
            sender_address: text(BookingField::SenderAddress),
        }
    }

    /// Returns the text of a field; `None` if the text was not given. The amount, the currency and the language are not texts.
    pub fn text(&self, field: BookingField) -> Option<&str> {
        match field {
            BookingField::Name => Some(&self.name),
            BookingField::Email => Some(&self.email),
            BookingField::Amount | BookingField::CurrencyFrom | BookingField::Language => None,
            BookingField::School => self.school.as_deref(),
            BookingField::StudentId => self.student_id.as_deref(),
            BookingField::SenderFullName => self.sender_full_name.as_deref(),
            BookingField::CountryFrom => self.country_from.as_deref(),
            BookingField::SenderAddress => self.sender_address.as_deref(),
        }
    }

    /// Returns the e-mail address in lower case, which identifies the payer.
    pub fn email_key(&self) -> String {
        self.email.to_lowercase()
    }

    /// Returns the size of all texts, in bytes.
    pub fn text_bytes(&self) -> usize {
        BookingField::ALL.into_iter().filter_map(|field| self.text(field)).map(str::len).sum()
    }
}

/// Returns whether a text is an e-mail address (RFC 5321, RFC 5322) with a dot in its domain and no display name.
pub fn is_valid_email(text: &str) -> bool {
    if text.contains('<') || !text.is_ascii() && text.chars().any(char::is_whitespace) {
        return false;
    }
    email_address::EmailAddress::from_str(text)
        .is_ok_and(|address| address.domain().contains('.') && !address.domain().starts_with('['))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_a_field_with_the_name_of_its_column() {
        let details = PayerDetails::from_texts(|field| Some(field.spec().name.to_owned()));
        let mut texts = serde_json::to_value(&details).unwrap().as_object().unwrap().clone();
        for field in BookingField::ALL {
            assert_eq!(texts.remove(field.spec().name), details.text(field).map(Into::into));
        }
        assert!(texts.is_empty(), "missing in BookingField::ALL: {texts:?}");
    }

    #[test]
    fn deliverable_addresses_are_valid() {
        for text in ["ana@example.org", "a.b+c@sub.example.co.uk", "josé@exämple.org", "\"a b\"@example.org"]
        {
            assert!(is_valid_email(text), "{text}");
        }
    }

    #[test]
    fn other_texts_are_invalid() {
        for text in [
            "",
            "ana",
            "ana@",
            "@example.org",
            "ana@localhost",
            "a..b@example.org",
            "ana@[127.0.0.1]",
            "Ana <ana@example.org>",
            "ana@example.org ",
            "a b@example.org",
            "ana@exam ple.org",
        ] {
            assert!(!is_valid_email(text), "{text}");
        }
    }
}
