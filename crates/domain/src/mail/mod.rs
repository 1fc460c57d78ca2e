//! Mail to payers: the events that are mailed, and what each message says.
//!
//! * [`PayerNotice::from_event`]: which events are mailed.
//! * [`Notice::after`]: a message does not repeat what its address was told before.
//! * [`RejectionClass`]: why the mail server rejected a message, in words.

mod notice;
mod rejection;
mod told;

use chrono::{DateTime, Utc};

use crate::ledger::{Digest, OutboxEvent};
use crate::money::Money;
use crate::payment::{Payment, Reference};

pub use notice::STATE_EVENTS;
pub use rejection::RejectionClass;

/// The most messages that one address receives in [`ADDRESS_PERIOD_MINUTES`]. Further messages wait.
pub const ADDRESS_MESSAGES_MAX: usize = 5;
/// The period of [`ADDRESS_MESSAGES_MAX`], in minutes.
pub const ADDRESS_PERIOD_MINUTES: i64 = 60;
/// A message about money that was taken back waits this long, in minutes, because staff often allocate money again.
pub const TAKEN_BACK_DELAY_MINUTES: i64 = 15;

/// What a message tells a payer. The amounts are those of the event, not of the moment of sending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// The payment is booked and waits for the transfer.
    Booked {
        /// The amount due.
        due: Money,
    },
    /// A part of the money has arrived.
    ReceivedInPart {
        /// The amount received so far.
        received: Money,
        /// The amount outstanding.
        left: Money,
    },
    /// All of the money has arrived, or more.
    Paid {
        /// The amount due.
        due: Money,
        /// The amount received.
        received: Money,
    },
    /// Money that had arrived bounced, or belonged to another payment.
    TakenBack {
        /// The amount that remains.
        received: Money,
        /// The amount outstanding.
        left: Money,
    },
    /// The payment is cancelled.
    Cancelled {
        /// The money of the payment that is still held, and goes back to the payer.
        held: Money,
        /// The money of the payment that the cancellation kept as credit.
        kept: Money,
    },
    /// Money was sent back.
    RefundSent {
        /// The amount sent.
        amount: Money,
    },
    /// The page of the payment has a new link.
    NewLink,
}

/// A message for the payer of one payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PayerNotice {
    /// The payment.
    pub reference: Reference,
    /// What the message says.
    pub notice: Notice,
}

/// A message that waits to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingMessage {
    /// The event that caused the message. Its id makes the `Message-ID`.
    pub event: OutboxEvent,
    /// The payment.
    pub reference: Reference,
    /// How often the mail server has postponed the message.
    pub attempts: i32,
}

/// How the attempts to send a message ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MessageResult {
    /// The mail server accepted the message.
    Sent {
        /// The key of the address, for the limit of [`ADDRESS_MESSAGES_MAX`].
        address_key: Digest,
    },
    /// The address or the message was rejected for good.
    Rejected {
        /// The reply of the mail server, such as `550 5.1.1 User unknown`.
        reason: String,
    },
    /// There is nothing to send: the message would repeat an earlier one, or the address was erased.
    Dropped,
}

/// A message to the address of a payment was rejected, and none was accepted since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailRejection {
    /// When the message was rejected.
    pub at: DateTime<Utc>,
    /// The reply of the mail server.
    pub reason: String,
}

/// A message about a payment, as staff see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageRecord {
    /// The event that caused the message.
    pub event: OutboxEvent,
    /// Whether and when the message was sent.
    pub state: MessageState,
}

/// Whether a message was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MessageState {
    /// The message waits.
    Waiting {
        /// The earliest time of the next attempt.
        not_before: DateTime<Utc>,
    },
    /// The mail server accepted the message.
    Sent {
        /// When.
        at: DateTime<Utc>,
    },
    /// The message was rejected for good.
    Rejected(MailRejection),
}

/// A message, ready to be written and sent.
#[derive(Debug, Clone, Copy)]
pub struct PayerMessage<'a> {
    /// The event that caused the message.
    pub event: &'a OutboxEvent,
    /// What the message says.
    pub notice: Notice,
    /// The payment as it is now.
    pub payment: &'a Payment,
    /// The absolute URL of the payment's page. Anyone with the URL may see the page.
    pub page_url: &'a str,
}
