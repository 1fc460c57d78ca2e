//! Commands: all changes that a caller can request.

use std::net::IpAddr;

use super::{Correction, KeyCommand, ReceiptCommand, ReceiptQuery, RefundCommand};
use crate::access::{FIRST_KEY_FILE_ACTOR, KeyId, OPEN_ACTOR};
use crate::payment::{NewBooking, PaymentKey};
use crate::receipt::ReceiptNumber;

/// A SHA-256 digest.
pub type Digest = [u8; 32];

/// A command with its origin.
#[derive(Debug, Clone)]
pub struct Submission {
    /// The command.
    pub command: Command,
    /// The origin, for the audit log.
    pub origin: Origin,
    /// The idempotency key, if the caller sent one. Commands that change keys take none.
    pub idempotency: Option<IdempotencyClaim>,
}

impl Submission {
    /// Returns the size of the command's text in bytes, which approximates the size of each row that contains it.
    pub fn text_bytes(&self) -> usize {
        self.command.text_bytes()
            + self.origin.actor.len()
            + self.origin.user_agent.as_ref().map_or(0, String::len)
    }
}

/// An idempotency key with the content of its request (draft-ietf-httpapi-idempotency-key-header).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct IdempotencyClaim {
    /// The digest of the caller, the operation and the key.
    pub scope_hash: Digest,
    /// The digest of the parsed request; equal for equal content.
    pub fingerprint: Digest,
}

/// A requested change.
#[derive(Debug, Clone)]
pub enum Command {
    /// Books a payment.
    Book(NewBooking),
    /// Corrects a payment.
    Correct(Correction),
    /// Cancels a payment.
    Cancel(Cancellation),
    /// Invalidates the link of a payment's page and creates the next one.
    RenewPageLink(PaymentKey),
    /// Erases personal data.
    Erase(Erasure),
    /// Reopens a cancelled payment.
    Reopen(Reopening),
    /// Changes a receipt.
    Receipt(ReceiptCommand),
    /// Changes a refund.
    Refund(RefundCommand),
    /// Changes an API key.
    Key(KeyCommand),
}

impl Command {
    /// Returns whether the command must be the only one of its batch.
    ///
    /// Bookings only add payments, so the facts of the batch still hold after each booking. A command that changes a
    /// payment can invalidate the facts of *other* payments (whether their payer has a live payment), and no query
    /// before the batch can foresee that. Changes of keys are rare and need no shared batch. Receipts and refunds change
    /// only the amount received of payments, on which no other payment depends, so they share batches.
    pub const fn requires_exclusive_batch(&self) -> bool {
        match self {
            Self::Book(_) | Self::Receipt(_) | Self::Refund(_) => false,
            Self::Correct(_)
            | Self::Cancel(_)
            | Self::Reopen(_)
            | Self::RenewPageLink(_)
            | Self::Erase(_)
            | Self::Key(_) => true,
        }
    }

    /// Returns the keys of the existing payments that the command names.
    pub fn targets(&self) -> Vec<&PaymentKey> {
        match self {
            Self::Book(_) | Self::Key(_) => Vec::new(),
            Self::Correct(correction) => vec![&correction.target],
            Self::Cancel(cancellation) => vec![&cancellation.target],
            Self::Reopen(reopening) => vec![&reopening.target],
            Self::RenewPageLink(target) => vec![target],
            Self::Erase(erasure) => vec![&erasure.target],
            Self::Receipt(command) => command.payments(),
            Self::Refund(command) => command.payment().into_iter().collect(),
        }
    }

    /// Adds the receipts that the command names to a query.
    pub fn add_receipts_to(&self, query: &mut ReceiptQuery) {
        match self {
            Self::Receipt(command) => command.add_to(query),
            Self::Refund(command) => command.add_to(query),
            Self::Erase(erasure) => query.numbers.extend(&erasure.receipts),
            Self::Book(_)
            | Self::Correct(_)
            | Self::Cancel(_)
            | Self::Reopen(_)
            | Self::RenewPageLink(_)
            | Self::Key(_) => {}
        }
    }

    /// Returns the payment whose receipts the command needs, if it needs all of them.
    pub const fn needs_receipts_of(&self) -> Option<&PaymentKey> {
        match self {
            Self::Cancel(cancellation) => Some(&cancellation.target),
            Self::Reopen(reopening) => Some(&reopening.target),
            Self::Erase(erasure) => Some(&erasure.target),
            Self::Refund(command) => command.payment(),
            Self::Book(_) | Self::Correct(_) | Self::RenewPageLink(_) | Self::Receipt(_) | Self::Key(_) => {
                None
            }
        }
    }

    /// Returns the id of the API key that the command changes.
    pub const fn key_target(&self) -> Option<KeyId> {
        match self {
            Self::Key(command) => Some(command.key_id()),
            Self::Book(_)
            | Self::Correct(_)
            | Self::Cancel(_)
            | Self::Reopen(_)
            | Self::RenewPageLink(_)
            | Self::Erase(_)
            | Self::Receipt(_)
            | Self::Refund(_) => None,
        }
    }

    fn text_bytes(&self) -> usize {
        match self {
            Self::Book(booking) => booking.details.text_bytes(),
            Self::Correct(correction) => correction.text_bytes(),
            Self::Cancel(cancellation) => cancellation.reason.len(),
            Self::Reopen(reopening) => reopening.reason.len(),
            Self::RenewPageLink(_) | Self::Erase(_) => 0,
            Self::Receipt(command) => command.text_bytes(),
            Self::Refund(command) => command.text_bytes(),
            Self::Key(command) => command.text_bytes(),
        }
    }
}

/// A cancellation of a payment.
#[derive(Debug, Clone)]
pub struct Cancellation {
    /// The payment to cancel.
    pub target: PaymentKey,
    /// The version that the caller has seen; `None` accepts any version, but only of a payment without money.
    pub expected_version: Option<i64>,
    /// What becomes of money that the payment holds.
    pub held: HeldMoney,
    /// The reason, for the audit log and the payer.
    pub reason: String,
}

/// What becomes of the money of a cancelled payment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum HeldMoney {
    /// A refund of it is due.
    #[default]
    Refund,
    /// It is credit of its receipts.
    Credit,
}

/// The end of a cancellation.
#[derive(Debug, Clone)]
pub struct Reopening {
    /// The cancelled payment.
    pub target: PaymentKey,
    /// The version that the caller has seen; `None` accepts any version, but only of a payment that gets no money back.
    pub expected_version: Option<i64>,
    /// The reason, for the audit log.
    pub reason: String,
}

/// An erasure of the personal data of a payment. The amounts and the audit chain remain.
#[derive(Debug, Clone)]
pub struct Erasure {
    /// The payment.
    pub target: PaymentKey,
    /// What is erased.
    pub scope: ErasureScope,
    /// Further receipts to erase with the payment: a receipt that was reversed no longer names its payments.
    pub receipts: Vec<ReceiptNumber>,
}

impl Erasure {
    /// Creates the erasure of a payment and the receipts that name it.
    pub const fn new(target: PaymentKey, scope: ErasureScope) -> Self {
        Self { target, scope, receipts: Vec::new() }
    }
}

/// What an erasure erases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErasureScope {
    /// All texts of the payment and of its receipts, and their history.
    Payment,
    /// Only the history of the payment, because a correction has made the payment and its receipts another person's.
    History,
}

/// The origin of a command.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// The name of an API key or staff member, or the channel if there is no name.
    pub actor: String,
    /// The client's `User-Agent`.
    pub user_agent: Option<String>,
    /// The client's address.
    pub ip_address: Option<IpAddr>,
}

impl Origin {
    /// Returns whether the origin may change keys only while there is none: the open portal, and the first key's file.
    pub(super) fn is_trusted_without_keys_only(&self) -> bool {
        [OPEN_ACTOR, FIRST_KEY_FILE_ACTOR].contains(&self.actor.as_str())
    }
}
