//! A line of a statement, as it is stored.

use std::str::FromStr;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::ImportId;
use crate::matching::{CreditLine, LineText, TextSource};
use crate::money::Money;
use crate::payment::UnknownState;
use crate::receipt::{ReceiptNumber, RefundNumber, StatementLineId};

/// The effect of a line on the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Money arrived.
    Credit,
    /// Money left.
    Debit,
}

impl Direction {
    /// Returns the code used in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Credit => "credit",
            Self::Debit => "debit",
        }
    }
}

impl FromStr for Direction {
    type Err = UnknownState;

    fn from_str(text: &str) -> Result<Self, UnknownState> {
        [Self::Credit, Self::Debit].into_iter().find(|value| value.as_str() == text).ok_or(UnknownState)
    }
}

/// The relation of a line to a batch of the bank, which books several transfers as one entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LineBatch {
    /// The line is one transfer.
    Single,
    /// The line is a batch, and its transfers may come in a camt.054.
    Whole(Option<String>),
    /// The line is one transfer of the batch with this id.
    Part(Option<String>),
}

/// What happened to a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LineState {
    /// The line is stored and not processed.
    New,
    /// A receipt is recorded and allocated.
    Posted,
    /// A receipt is recorded as credit.
    Unallocated,
    /// The line returns a transfer, and a person must say which receipt it returns.
    Return,
    /// The line has no money for payments: a debit, or a return that is processed.
    Other,
    /// The line is a batch without its transfers.
    Batch,
    /// The receipt is reversed.
    Reversed,
}

impl LineState {
    /// All states.
    pub const ALL: [Self; 7] =
        [Self::New, Self::Posted, Self::Unallocated, Self::Return, Self::Other, Self::Batch, Self::Reversed];

    /// Returns the code used in the database and the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Posted => "posted",
            Self::Unallocated => "unallocated",
            Self::Return => "return",
            Self::Other => "other",
            Self::Batch => "batch",
            Self::Reversed => "reversed",
        }
    }
}

impl FromStr for LineState {
    type Err = UnknownState;

    fn from_str(text: &str) -> Result<Self, UnknownState> {
        Self::ALL.into_iter().find(|state| state.as_str() == text).ok_or(UnknownState)
    }
}

/// The texts of a line. Personal data.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineTexts {
    /// Structured creditor references.
    #[serde(default)]
    pub creditor_references: Vec<String>,
    /// The free text, as the bank cut it.
    #[serde(default)]
    pub texts: Vec<String>,
    /// The payer's own reference.
    #[serde(default)]
    pub end_to_end_id: Option<String>,
    /// Further information of the bank.
    #[serde(default)]
    pub additional: Vec<String>,
    /// The name of the other party.
    #[serde(default)]
    pub name: Option<String>,
    /// The account of the other party.
    #[serde(default)]
    pub account: Option<String>,
}

/// A line of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BankLine {
    /// The identity: the same line in another file has the same one.
    pub id: StatementLineId,
    /// The position in the file, from 1.
    pub number: i64,
    /// The institution's account.
    pub account: String,
    /// The effect on the account.
    pub direction: Direction,
    /// The amount, which is never negative.
    pub amount: Money,
    /// Whether the line reverses an earlier one.
    pub is_reversal: bool,
    /// The day on which the bank booked the line.
    pub booking_date: NaiveDate,
    /// The day from which the bank counts the money.
    pub value_date: NaiveDate,
    /// The bank's id.
    pub bank_id: Option<String>,
    /// The relation to a batch.
    pub batch: LineBatch,
    /// The texts.
    pub texts: LineTexts,
}

/// A line with its progress.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredLine {
    /// The import that recorded the line.
    pub import: ImportId,
    /// The line.
    pub line: BankLine,
    /// What happened to the line.
    pub state: LineState,
    /// The receipt that books the line.
    pub receipt: Option<ReceiptNumber>,
}

impl BankLine {
    /// Returns the line as matching sees it.
    pub fn to_credit_line(&self) -> CreditLine {
        let text = |source, pieces: Vec<String>| LineText { source, pieces };
        let structured = self.texts.creditor_references.iter();
        let mut texts: Vec<LineText> =
            structured.map(|value| text(TextSource::CreditorReference, vec![value.clone()])).collect();
        texts.push(text(TextSource::Text, self.texts.texts.clone()));
        texts
            .extend(self.texts.end_to_end_id.iter().map(|id| text(TextSource::EndToEndId, vec![id.clone()])));
        texts.extend(
            self.texts.additional.iter().map(|more| text(TextSource::Additional, vec![more.clone()])),
        );
        CreditLine {
            amount: self.amount,
            booking_date: self.booking_date,
            texts,
            payer_name: self.texts.name.clone(),
        }
    }

    /// Returns whether this reversal returns the transfer of a line of the same account and amount.
    pub fn returns(&self, transfer: &Self) -> bool {
        self.is_reversal && (self.has_id_of(transfer) || self.has_texts_of(transfer))
    }

    /// Returns those of the transfers of the same account and amount that this reversal can return. The texts decide only if
    /// no transfer has the bank's id of the reversal.
    pub fn returned_among<'a>(&self, transfers: &'a [StoredLine]) -> Vec<&'a StoredLine> {
        let fitting = || transfers.iter().filter(|stored| self.returns(&stored.line));
        let with_id: Vec<&StoredLine> = fitting().filter(|stored| self.has_id_of(&stored.line)).collect();
        if with_id.is_empty() { fitting().collect() } else { with_id }
    }

    /// Returns whether both have the payer's own reference, or the same texts. Banks add a reason to a return, so the bank's
    /// information may differ. Lines without texts, and lines whose texts are erased, have nothing in common.
    fn has_texts_of(&self, transfer: &Self) -> bool {
        let own_texts = |texts: &LineTexts| LineTexts { additional: Vec::new(), ..texts.clone() };
        let (own, other) = (own_texts(&self.texts), own_texts(&transfer.texts));
        let has_same_id = own.end_to_end_id.is_some() && own.end_to_end_id == other.end_to_end_id;
        has_same_id || (own == other && own != LineTexts::default())
    }

    fn has_id_of(&self, transfer: &Self) -> bool {
        self.bank_id.is_some() && self.bank_id == transfer.bank_id
    }

    /// Returns the refunds that the texts name, each once.
    pub fn named_refunds(&self) -> Vec<RefundNumber> {
        let texts = &self.texts;
        let joined = texts.texts.concat();
        let texts = texts.texts.iter().chain([&joined]).chain(&texts.end_to_end_id).chain(&texts.additional);
        let words = texts.flat_map(|text| text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-'));
        let mut numbers: Vec<RefundNumber> =
            words.filter_map(|word| RefundNumber::parse(word).ok()).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }

    /// Returns all texts of the payer as one, for the receipt.
    pub fn payer_text(&self) -> String {
        let texts = &self.texts;
        let parts = texts.name.iter().chain(&texts.creditor_references).chain(&texts.texts);
        parts.map(String::as_str).collect::<Vec<_>>().join(" ")
    }
}
