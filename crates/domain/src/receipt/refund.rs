//! Refunds: money of a receipt that is sent back.
//!
//! ```text
//!  due ──request──► requested ──approve──► approved ──send──► sent
//!   │                   │                     │
//!   └─withdraw─► withdrawn   └────────fail────┴──► failed
//! ```
//!
//! A due refund reserves nothing: its money is credit. From the request on, the amount is reserved. A failed refund makes
//! its amount credit again; if it belongs to a payment, another refund of the amount is due. A due refund is withdrawn when
//! its credit is used for something else.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::RefundNumber;
use crate::money::Money;
use crate::payment::{PaymentId, Reference, UnknownState};

/// The state of a refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum RefundState {
    /// A cancellation or an excess has made money available for a refund. The amount is still credit.
    Due,
    /// A member of staff has requested the refund. The amount is reserved.
    Requested,
    /// The refund is approved and can be sent.
    Approved,
    /// The money has left the account.
    Sent,
    /// The money was not sent and is credit again.
    Failed,
    /// The credit was used for something else before the refund was requested.
    Withdrawn,
}

/// A step from one state to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefundStep {
    /// Requests a due refund.
    Request,
    /// Approves a requested refund.
    Approve,
    /// Marks an approved refund as sent.
    Send,
    /// Marks a refund as not sent.
    Fail,
    /// Withdraws a due refund.
    Withdraw,
}

impl RefundState {
    /// All states, in their usual order.
    pub const ALL: [Self; 6] =
        [Self::Due, Self::Requested, Self::Approved, Self::Sent, Self::Failed, Self::Withdrawn];

    /// Returns the state after a step, or `None` if the state does not allow the step.
    pub const fn after(self, step: RefundStep) -> Option<Self> {
        match (self, step) {
            (Self::Due, RefundStep::Request) => Some(Self::Requested),
            (Self::Due, RefundStep::Withdraw) => Some(Self::Withdrawn),
            (Self::Requested, RefundStep::Approve) => Some(Self::Approved),
            (Self::Approved, RefundStep::Send) => Some(Self::Sent),
            (Self::Requested | Self::Approved, RefundStep::Fail) => Some(Self::Failed),
            (
                Self::Due | Self::Requested | Self::Approved | Self::Sent | Self::Failed | Self::Withdrawn,
                _,
            ) => None,
        }
    }

    /// Returns what a caller can do with a refund in this state, for people.
    pub const fn allowed(self) -> &'static str {
        match self {
            Self::Due => "it can be requested",
            Self::Requested => "it can be approved or marked as failed",
            Self::Approved => "it can be marked as sent or as failed",
            Self::Sent => "a sent refund is final; money that returns is a new receipt",
            Self::Failed => "its amount is credit of the receipt, so another refund can be requested",
            Self::Withdrawn => "its credit was used; request another refund of the remaining credit",
        }
    }

    /// Returns whether the amount is reserved.
    pub const fn is_reserved(self) -> bool {
        matches!(self, Self::Requested | Self::Approved)
    }

    /// Returns the code used in the database and the API, such as `REQUESTED`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Due => "DUE",
            Self::Requested => "REQUESTED",
            Self::Approved => "APPROVED",
            Self::Sent => "SENT",
            Self::Failed => "FAILED",
            Self::Withdrawn => "WITHDRAWN",
        }
    }
}

impl FromStr for RefundState {
    type Err = UnknownState;

    /// Parses a code, ignoring case.
    fn from_str(text: &str) -> Result<Self, UnknownState> {
        let matches = |state: &Self| state.as_str().eq_ignore_ascii_case(text);
        Self::ALL.into_iter().find(matches).ok_or(UnknownState)
    }
}

impl fmt::Display for RefundState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A refund of a part of a receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    /// The number.
    pub number: RefundNumber,
    /// The amount, which is positive.
    pub amount: Money,
    /// The state.
    pub state: RefundState,
    /// The payment whose cancellation or excess the refund returns.
    pub payment: Option<(PaymentId, Reference)>,
    /// The account that receives the money. Personal data.
    pub payee_account: Option<String>,
    /// The actor that requested the refund.
    pub requested_by: Option<String>,
    /// The actor that approved the refund.
    pub approved_by: Option<String>,
    /// The id of the transfer at the bank.
    pub bank_id: Option<String>,
    /// The number of the refund's state, counted from 1.
    pub version: i64,
    /// The time of creation.
    pub created_at: DateTime<Utc>,
    /// The time of the last change.
    pub updated_at: DateTime<Utc>,
}
