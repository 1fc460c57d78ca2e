//! A credit line, as matching sees it.

use chrono::NaiveDate;

use crate::money::Money;

/// Money that arrived, with the texts that can say what it pays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreditLine {
    /// The amount that arrived, which is positive.
    pub amount: Money,
    /// The day on which the bank booked the line.
    pub booking_date: NaiveDate,
    /// The texts in the order in which to search for references.
    pub texts: Vec<LineText>,
    /// The payer's name.
    pub payer_name: Option<String>,
}

/// One text of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineText {
    /// The origin of the text.
    pub source: TextSource,
    /// The pieces, as the bank cut them. A reference can begin in one piece and end in the next.
    pub pieces: Vec<String>,
}

/// The origin of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TextSource {
    /// A structured creditor reference.
    CreditorReference,
    /// The free text of the payer.
    Text,
    /// The payer's own reference.
    EndToEndId,
    /// Further information of the bank.
    Additional,
}

impl TextSource {
    /// Returns the name of the text in a sentence.
    pub const fn name(self) -> &'static str {
        match self {
            Self::CreditorReference => "the reference field",
            Self::Text => "the text",
            Self::EndToEndId => "the payer's own reference",
            Self::Additional => "the bank's information",
        }
    }
}
