//! The texts of a payment: payer, student, institution and sender.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The limits of the texts, in characters: the widths of the columns.
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
    /// Returns the e-mail address in lower case, which identifies the payer.
    pub fn email_key(&self) -> String {
        self.email.to_lowercase()
    }

    /// Returns the size of all texts, in bytes.
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

/// Returns whether a text is an e-mail address (RFC 5321, RFC 5322) with a dot in its domain and no display name.
pub(super) fn is_valid_email(text: &str) -> bool {
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
