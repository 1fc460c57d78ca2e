//! Where a payment stands. Both states are derived, never set by hand.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::Check;
use crate::money::Money;

/// How what was received compares with what is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Status {
    /// Nothing was received.
    Pending,
    /// Less than is due was received.
    Underpayment,
    /// Exactly what is due was received.
    Exact,
    /// More than is due was received.
    Overpayment,
    /// The payment was called off.
    Cancelled,
}

impl Status {
    /// Every status, in the order people meet them.
    pub const ALL: [Self; 5] =
        [Self::Pending, Self::Underpayment, Self::Exact, Self::Overpayment, Self::Cancelled];

    /// Derives the status of a payment that was not cancelled.
    pub fn of_amounts(due: Money, received: Money) -> Self {
        if received.is_zero() {
            return Self::Pending;
        }
        match received.minor().cmp(&due.minor()) {
            std::cmp::Ordering::Less => Self::Underpayment,
            std::cmp::Ordering::Equal => Self::Exact,
            std::cmp::Ordering::Greater => Self::Overpayment,
        }
    }

    /// The word used from SQL to HTML.
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

/// The sum of the quality checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ValidationStatus {
    /// No check has a flag.
    Passed,
    /// At least one check has a flag.
    Flagged,
}

impl ValidationStatus {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Passed, Self::Flagged];

    /// Sums up the checks.
    pub fn of_checks(checks: &[Check]) -> Self {
        if checks.iter().any(Check::is_flagged) { Self::Flagged } else { Self::Passed }
    }

    /// The word used from SQL to HTML.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "PASSED",
            Self::Flagged => "FLAGGED",
        }
    }
}

/// A word that is none of a state's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not one of the known states")]
pub struct UnknownState;

impl FromStr for Status {
    type Err = UnknownState;

    fn from_str(text: &str) -> Result<Self, UnknownState> {
        let matches = |status: &Self| status.as_str().eq_ignore_ascii_case(text);
        Self::ALL.into_iter().find(matches).ok_or(UnknownState)
    }
}

impl FromStr for ValidationStatus {
    type Err = UnknownState;

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

impl fmt::Display for ValidationStatus {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
