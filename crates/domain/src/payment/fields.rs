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
}

/// The constant properties of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldSpec {
    /// The name on the wire and in the form, and the name of the column.
    pub name: &'static str,
    /// The label on pages.
    pub label: &'static str,
    /// The description in the API document.
    pub description: &'static str,
    /// The example in the API document.
    pub example: &'static str,
    /// The longest text, in characters. The column of a text has the same width.
    pub max_chars: usize,
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

/// The properties of an optional field, without its texts.
const OPTIONAL: FieldSpec = FieldSpec {
    name: "",
    label: "",
    description: "",
    example: "",
    max_chars: 0,
    if_missing: None,
    if_corrected: None,
};

const NAME: FieldSpec = FieldSpec {
    name: "name",
    label: "Your full name",
    description: "The payer's name.",
    example: "Ana Ruiz",
    max_chars: 200,
    if_missing: Some("enter your full name"),
    ..OPTIONAL
};

const EMAIL: FieldSpec = FieldSpec {
    name: "email",
    label: "Your e-mail address",
    description: "The payer's email address.",
    example: "ana@example.org",
    // RFC 5321, section 4.5.3.1.3
    max_chars: 254,
    if_missing: Some("enter your e-mail address"),
    ..OPTIONAL
};

const AMOUNT: FieldSpec = FieldSpec {
    name: "amount",
    label: "Amount",
    description: "The amount, more than zero, with at most the decimals of the currency.",
    example: "35000.00",
    max_chars: 64,
    if_missing: Some("enter the amount"),
    ..OPTIONAL
};

const CURRENCY_FROM: FieldSpec = FieldSpec {
    name: "currency_from",
    label: "Currency",
    description: "The currency (ISO 4217), in any case. The default is USD.",
    example: "USD",
    max_chars: 3,
    if_corrected: Some("the currency cannot be corrected; cancel the payment and book it again"),
    ..OPTIONAL
};

const SCHOOL: FieldSpec = FieldSpec {
    name: "school",
    label: "School",
    description: "The school.",
    example: "Harvard",
    max_chars: 200,
    ..OPTIONAL
};

const STUDENT_ID: FieldSpec = FieldSpec {
    name: "student_id",
    label: "Student ID",
    description: "The student ID at the school.",
    example: "HRV001",
    max_chars: 64,
    ..OPTIONAL
};

const SENDER_FULL_NAME: FieldSpec = FieldSpec {
    name: "sender_full_name",
    label: "Sender’s full name",
    description: "The name of the sender of the money.",
    example: "Ana Ruiz",
    max_chars: 200,
    ..OPTIONAL
};

const COUNTRY_FROM: FieldSpec = FieldSpec {
    name: "country_from",
    label: "Country",
    description: "The country that the money comes from.",
    example: "USA",
    max_chars: 100,
    ..OPTIONAL
};

const SENDER_ADDRESS: FieldSpec = FieldSpec {
    name: "sender_address",
    label: "Sender’s address",
    description: "The postal address of the sender.",
    example: "123 Test St",
    max_chars: 500,
    ..OPTIONAL
};

impl BookingField {
    /// Every field, in the order of the form.
    pub const ALL: [Self; 9] = [
        Self::Name,
        Self::Email,
        Self::Amount,
        Self::CurrencyFrom,
        Self::School,
        Self::StudentId,
        Self::SenderFullName,
        Self::CountryFrom,
        Self::SenderAddress,
    ];

    /// Returns the properties of the field.
    pub const fn spec(self) -> &'static FieldSpec {
        match self {
            Self::Name => &NAME,
            Self::Email => &EMAIL,
            Self::Amount => &AMOUNT,
            Self::CurrencyFrom => &CURRENCY_FROM,
            Self::School => &SCHOOL,
            Self::StudentId => &STUDENT_ID,
            Self::SenderFullName => &SENDER_FULL_NAME,
            Self::CountryFrom => &COUNTRY_FROM,
            Self::SenderAddress => &SENDER_ADDRESS,
        }
    }
}
