//! The table of booking fields. Requests, the form, the API document and the pages derive from this table.

use std::collections::BTreeMap;

use serde::Serialize;

/// A field that a caller sends to book a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum BookingField {
    /// The payer's name.
    Name,
    /// The payer's e-mail address.
    Email,
    /// The amount.
    Amount,
    /// The currency of the amount.
    CurrencyFrom,
    /// The school.
    School,
    /// The student's identifier at the school.
    StudentId,
    /// The sender's name.
    SenderFullName,
    /// The country that the money comes from.
    CountryFrom,
    /// The sender's postal address.
    SenderAddress,
    /// The language of the payer's pages and mail.
    Language,
}

/// The constant properties of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldSpec {
    /// The name on the wire and in the form, and the name of the column.
    pub name: &'static str,
    /// The longest text, in characters. The column of a text has the same width.
    pub max_chars: usize,
    /// The label on pages.
    pub label: &'static str,
    /// The description in the API document.
    pub description: &'static str,
    /// The example in the API document.
    pub example: &'static str,
    /// The error if the field is missing or blank; `None` for an optional field.
    pub if_missing: Option<&'static str>,
    /// The error if a correction contains the field; `None` for a field that can be corrected.
    pub if_corrected: Option<&'static str>,
}

/// The texts of a booking request, unchecked. A field without an entry was not sent.
pub type BookingRequest = BTreeMap<BookingField, String>;

/// The changes of a correction, unchecked. A field without an entry does not change.
pub type CorrectionRequest = BTreeMap<BookingField, Edit>;

/// The change of one text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum Edit {
    /// The text is removed.
    Clear,
    /// The text is replaced.
    Set(String),
}

impl BookingField {
    /// Every field, in the order of the form.
    pub const ALL: [Self; 10] = [
        Self::Name,
        Self::Email,
        Self::Amount,
        Self::CurrencyFrom,
        Self::School,
        Self::StudentId,
        Self::SenderFullName,
        Self::CountryFrom,
        Self::SenderAddress,
        Self::Language,
    ];

    /// Returns the properties of the field.
    #[rustfmt::skip]
    pub const fn spec(self) -> FieldSpec {
        use FieldSpec as Spec;
        // Each row: name, limit in characters, label, description, example.
        match self {
            Self::Name => Spec::new("name", 200, "Your full name", "The payer's name.", "Ana Ruiz")
                .required("enter your full name"),
            // The limit is that of RFC 5321, section 4.5.3.1.3.
            Self::Email => Spec::new("email", 254, "Your e-mail address", "The payer's email address.", "ana@example.org")
                .required("enter your e-mail address"),
            Self::Amount => Spec::new("amount", 64, "Amount",
                    "The amount, more than zero, with at most the decimals of the currency.", "35000.00")
                .required("enter the amount"),
            Self::CurrencyFrom => Spec::new("currency_from", 3, "Currency",
                    "The currency (ISO 4217), in any case. The default is USD.", "USD")
                .not_correctable("the currency cannot be corrected; cancel the payment and book it again"),
            Self::School => Spec::new("school", 200, "School", "The school.", "Harvard"),
            Self::StudentId => Spec::new("student_id", 64, "Student ID", "The student ID at the school.", "HRV001"),
            Self::SenderFullName => Spec::new("sender_full_name", 200, "Sender’s full name",
                "The name of the sender of the money.", "Ana Ruiz"),
            Self::CountryFrom => Spec::new("country_from", 100, "Country",
                "The country that the money comes from.", "USA"),
            Self::SenderAddress => Spec::new("sender_address", 500, "Sender’s address",
                "The postal address of the sender.", "123 Test St"),
            Self::Language => Spec::new("language", 2, "Language",
                    "The language of the payer's page and mail (ISO 639-1), in any case. The default is the institution's.", "es")
                .not_correctable("the language cannot be corrected"),
        }
    }
}

impl FieldSpec {
    /// Describes an optional field that can be corrected.
    const fn new(
        name: &'static str,
        max_chars: usize,
        label: &'static str,
        description: &'static str,
        example: &'static str,
    ) -> Self {
        Self { name, max_chars, label, description, example, if_missing: None, if_corrected: None }
    }

    const fn required(self, error: &'static str) -> Self {
        Self { if_missing: Some(error), ..self }
    }

    const fn not_correctable(self, error: &'static str) -> Self {
        Self { if_corrected: Some(error), ..self }
    }

    /// Returns whether a booking needs the field.
    pub const fn is_required(&self) -> bool {
        self.if_missing.is_some()
    }

    /// Returns whether a correction may contain the field.
    pub const fn is_correctable(&self) -> bool {
        self.if_corrected.is_none()
    }
}
