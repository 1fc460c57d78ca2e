//! Who pays, and for whom: the texts of a booking.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::field::{FieldError, ValidationCode, parse_text};

/// The longest texts, in characters: the widths of the columns.
pub mod limits {
    /// A person's name.
    pub const NAME_MAX: usize = 200;
    /// An e-mail address (RFC 5321 4.5.3.1.3).
    pub const EMAIL_MAX: usize = 254;
    /// A school's name.
    pub const SCHOOL_MAX: usize = 200;
    /// A student's identifier.
    pub const STUDENT_ID_MAX: usize = 64;
    /// A country.
    pub const COUNTRY_MAX: usize = 100;
    /// A postal address.
    pub const ADDRESS_MAX: usize = 500;
    /// A reason for a change.
    pub const REASON_MAX: usize = 500;
}

/// The texts of a payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PayerDetails {
    /// The payer's name.
    pub name: String,
    /// The payer's e-mail address as given; whether it is one is a quality check.
    pub email: String,
    /// The school or institution.
    pub school: Option<String>,
    /// The student's identifier at the school.
    pub student_id: Option<String>,
    /// Who sends the money, when it is not the payer.
    pub sender_full_name: Option<String>,
    /// The country the money comes from.
    pub country_from: Option<String>,
    /// The sender's postal address.
    pub sender_address: Option<String>,
}

impl PayerDetails {
    /// What "the same payer" compares: the address without regard to case.
    pub fn email_key(&self) -> String {
        self.email.to_lowercase()
    }

    /// The size of all texts, in bytes.
    pub fn text_bytes(&self) -> usize {
        let optional = [
            &self.school,
            &self.student_id,
            &self.sender_full_name,
            &self.country_from,
            &self.sender_address,
        ];
        self.name.len() + self.email.len() + optional.into_iter().flatten().map(String::len).sum::<usize>()
    }
}

/// Whether a text is an e-mail address: RFC 5321 and 5322, with a domain that has a dot, no display name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EmailAddress;

impl EmailAddress {
    /// Tells whether mail could be sent there.
    pub fn is_valid(text: &str) -> bool {
        if text.contains('<') || !text.is_ascii() && text.chars().any(char::is_whitespace) {
            return false;
        }
        email_address::EmailAddress::from_str(text)
            .is_ok_and(|address| address.domain().contains('.') && !address.domain().starts_with('['))
    }
}

/// Reads one text and keeps its fault, so that a request is told everything at once.
pub(crate) fn optional_text(
    faults: &mut Vec<FieldError>,
    field: &str,
    text: Option<&str>,
    max_chars: usize,
) -> Option<String> {
    parse_text(field, text?, max_chars).unwrap_or_else(|fault| {
        faults.push(fault);
        None
    })
}

/// As [`optional_text`], and a blank or missing text is a fault.
pub(crate) fn required_text(
    faults: &mut Vec<FieldError>,
    field: &str,
    text: Option<&str>,
    max_chars: usize,
) -> String {
    let before = faults.len();
    let parsed = optional_text(faults, field, text, max_chars);
    if parsed.is_none() && faults.len() == before {
        faults.push(FieldError::new(field, ValidationCode::Required, "must be given"));
    }
    parsed.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_one_can_send_mail_to_are_valid() {
        for text in ["ana@example.org", "a.b+c@sub.example.co.uk", "josé@exämple.org", "\"a b\"@example.org"]
        {
            assert!(EmailAddress::is_valid(text), "{text}");
        }
    }

    #[test]
    fn everything_else_is_not() {
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
            assert!(!EmailAddress::is_valid(text), "{text}");
        }
    }
}
