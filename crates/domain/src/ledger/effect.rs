//! The effects of accepted commands, and the actions of their audit rows.

use serde::{Deserialize, Serialize};

/// The action of an audit row that records an erasure.
pub(super) const ERASED_ACTION: &str = "PAYMENT_ERASED";

/// The effect of an accepted command on a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// The payment was booked.
    Booked,
    /// The payment was corrected.
    Corrected,
    /// The payment was cancelled.
    Cancelled,
    /// The payment was reopened.
    Reopened,
    /// The amount received or written off changed.
    Settled,
    /// The link of the payment's page was renewed.
    PageLinkRenewed,
    /// Personal data was erased.
    Erased,
    /// The correction equals the current state.
    Unchanged,
}

impl Effect {
    /// Returns the action of the effect's audit row, or `None` if nothing changed.
    pub const fn audit_action(self) -> Option<&'static str> {
        match self {
            Self::Booked => Some("PAYMENT_BOOKED"),
            Self::Corrected => Some("PAYMENT_CORRECTED"),
            Self::Cancelled => Some("PAYMENT_CANCELLED"),
            Self::Reopened => Some("PAYMENT_REOPENED"),
            Self::Settled => Some("PAYMENT_SETTLED"),
            Self::PageLinkRenewed => Some("PAGE_LINK_RENEWED"),
            Self::Erased => Some(ERASED_ACTION),
            Self::Unchanged => None,
        }
    }
}

/// The effect of an accepted command on a receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptEffect {
    /// The receipt was recorded.
    Recorded,
    /// Credit was allocated.
    Allocated,
    /// Allocations were removed.
    Unallocated,
    /// The receipt was reversed.
    Reversed,
    /// A difference was written off.
    WrittenOff,
    /// A refund is due.
    RefundDue,
    /// A refund was requested.
    RefundRequested,
    /// A refund was approved.
    RefundApproved,
    /// A refund was sent.
    RefundSent,
    /// A refund was not sent.
    RefundFailed,
    /// Personal data was erased.
    Erased,
}

impl ReceiptEffect {
    /// Returns the action of the effect's audit row.
    pub const fn audit_action(self) -> &'static str {
        match self {
            Self::Recorded => "RECEIPT_RECORDED",
            Self::Allocated => "RECEIPT_ALLOCATED",
            Self::Unallocated => "RECEIPT_UNALLOCATED",
            Self::Reversed => "RECEIPT_REVERSED",
            Self::WrittenOff => "RECEIPT_WRITTEN_OFF",
            Self::RefundDue => "REFUND_DUE",
            Self::RefundRequested => "REFUND_REQUESTED",
            Self::RefundApproved => "REFUND_APPROVED",
            Self::RefundSent => "REFUND_SENT",
            Self::RefundFailed => "REFUND_FAILED",
            Self::Erased => "RECEIPT_ERASED",
        }
    }
}

/// The effect of an accepted command on an API key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyEffect {
    /// The key was created.
    Created,
    /// The key got a new secret.
    Rotated,
    /// The key was revoked.
    Revoked,
}

impl KeyEffect {
    /// Returns the action of the effect's audit row.
    pub const fn audit_action(self) -> &'static str {
        match self {
            Self::Created => "KEY_CREATED",
            Self::Rotated => "KEY_ROTATED",
            Self::Revoked => "KEY_REVOKED",
        }
    }
}
