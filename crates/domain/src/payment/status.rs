//! The status of a payment, which is always derived from its amounts.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::money::Money;

/// The relation between the amount received and the amount due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Status {
    /// No money was received.
    Pending,
    /// Less than the amount due was received.
    Underpayment,
    /// Exactly the amount due was received.
    Exact,
    /// More than the amount due was received.
    Overpayment,
    /// The payment was cancelled.
    Cancelled,
}

/// The error for a text that is not a status or a check.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not one of the known states")]
pub struct UnknownState;

impl Status {
    /// All statuses, in the order in which lists show them.
    pub const ALL: [Self; 5] =
        [Self::Pending, Self::Underpayment, Self::Exact, Self::Overpayment, Self::Cancelled];

    /// Derives the status of a payment that was not cancelled. `settled` is the amount received and the shortfall written
    /// off together.
    pub fn from_amounts(due: Money, received: Money, settled: Money) -> Self {
        if received.is_zero() {
            return Self::Pending;
        }
        match settled.minor().cmp(&due.minor()) {
            std::cmp::Ordering::Less => Self::Underpayment,
            std::cmp::Ordering::Equal => Self::Exact,
            std::cmp::Ordering::Greater => Self::Overpayment,
        }
    }

    /// Returns what a caller can do with a payment of this status, for people.
    pub const fn allowed(self) -> &'static str {
        match self {
            Self::Cancelled => "it can be reopened as long as no refund was requested or sent",
            Self::Pending | Self::Underpayment | Self::Exact | Self::Overpayment => {
                "it can be corrected, settled and cancelled"
            }
        }
    }

    /// Returns the code used in the database and the API, such as `PENDING`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Underpayment => "UNDERPAYMENT",
            Self::Exact => "EXACT",
            Self::Overpayment => "OVERPAYMENT",
            Self::Cancelled => "CANCELLED",
        }
    }
}

impl FromStr for Status {
    type Err = UnknownState;

    /// Parses a code, ignoring case.
    fn from_str(text: &str) -> Result<Self, UnknownState> {
        let matches = |status: &Self| status.as_str().eq_ignore_ascii_case(text);
        Self::ALL.into_iter().find(matches).ok_or(UnknownState)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
