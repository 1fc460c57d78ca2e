//! The source and the status of a receipt.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::payment::UnknownState;

/// The way in which money arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptSource {
    /// A transfer that staff recorded.
    BankTransfer,
    /// Cash.
    Cash,
    /// A cheque.
    Cheque,
    /// A line of an imported bank statement.
    Statement,
    /// The amount received that a payment had before receipts were introduced.
    Migration,
}

impl ReceiptSource {
    /// All sources.
    pub const ALL: [Self; 5] =
        [Self::BankTransfer, Self::Cash, Self::Cheque, Self::Statement, Self::Migration];

    /// Returns the code used in the database and the API, such as `bank_transfer`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BankTransfer => "bank_transfer",
            Self::Cash => "cash",
            Self::Cheque => "cheque",
            Self::Statement => "statement",
            Self::Migration => "migration",
        }
    }

    /// Returns whether staff can record a receipt with this source.
    pub const fn is_manual(self) -> bool {
        matches!(self, Self::BankTransfer | Self::Cash | Self::Cheque)
    }
}

impl FromStr for ReceiptSource {
    type Err = UnknownState;

    fn from_str(text: &str) -> Result<Self, UnknownState> {
        Self::ALL.into_iter().find(|source| source.as_str() == text).ok_or(UnknownState)
    }
}

/// The status of a receipt, which is always derived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReceiptStatus {
    /// A part of the receipt is credit.
    Open,
    /// No part of the receipt is credit.
    Settled,
    /// The receipt bounced, or its recording was undone. It counts as zero.
    Reversed,
}

impl ReceiptStatus {
    /// All statuses.
    pub const ALL: [Self; 3] = [Self::Open, Self::Settled, Self::Reversed];

    /// Returns the code used in the database and the API, such as `OPEN`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "OPEN",
            Self::Settled => "SETTLED",
            Self::Reversed => "REVERSED",
        }
    }

    /// Returns what a caller can do with a receipt of this status, for people.
    pub const fn allowed(self) -> &'static str {
        match self {
            Self::Open => {
                "its credit can be allocated, refunded or written off, and the receipt can be reversed"
            }
            Self::Settled => "its allocations can be removed, and the receipt can be reversed",
            Self::Reversed => "a reversed receipt is final",
        }
    }
}

impl FromStr for ReceiptStatus {
    type Err = UnknownState;

    /// Parses a code, ignoring case.
    fn from_str(text: &str) -> Result<Self, UnknownState> {
        let matches = |status: &Self| status.as_str().eq_ignore_ascii_case(text);
        Self::ALL.into_iter().find(matches).ok_or(UnknownState)
    }
}

impl fmt::Display for ReceiptStatus {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
