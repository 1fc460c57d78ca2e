//! The ports of mail to payers: the queue of messages, and the mail server.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{RelayLease, StoreError};
use crate::ledger::{Digest, OutboxEvent};
use crate::mail::{MailRejection, MessageRecord, MessageResult, PayerMessage, WaitingMessage};
use crate::payment::Reference;

/// The state of mail across all instances.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailStatus {
    /// The number of messages that wait.
    pub waiting: u64,
    /// When the event of the oldest waiting message occurred.
    pub oldest_waiting: Option<DateTime<Utc>>,
    /// The outage of the mail server, if there is one.
    pub outage: Option<MailOutage>,
}

/// An outage of the mail server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailOutage {
    /// When the first attempt failed.
    pub since: DateTime<Utc>,
    /// The error, without secrets and addresses.
    pub error: String,
}

/// The queue of messages, in the database.
///
/// The lease lets one instance at a time send. [`RelayLease::relay_status`] contains the cursor: the number of the last
/// event whose message is in the queue; -1 before mail was configured for the first time.
///
/// # Contract
/// * [`Self::enqueue`] is atomic: the queue has the messages of every event up to the cursor, each once.
/// * The messages of one payment are sent in the order of their events.
///
/// # Errors
/// All methods return an error if the database fails. The operation may then still have happened.
#[async_trait]
pub trait MailQueue: RelayLease {
    /// Moves the cursor from one number to another, and adds the messages of the events between them. Returns whether
    /// the cursor was at `from`; otherwise, nothing changes.
    async fn enqueue(
        &self,
        from: i64,
        to: i64,
        messages: &[(OutboxEvent, Reference)],
    ) -> Result<bool, StoreError>;

    /// Returns the first message that is due, and that no earlier message of the same payment precedes.
    async fn next_message(&self, now: DateTime<Utc>) -> Result<Option<WaitingMessage>, StoreError>;

    /// Returns when messages were sent to an address since a time, oldest first.
    async fn sent_since(
        &self,
        address_key: &Digest,
        since: DateTime<Utc>,
    ) -> Result<Vec<DateTime<Utc>>, StoreError>;

    /// Returns the event of the last message about the state of a payment ([`STATE_EVENTS`]), if the message was sent to
    /// this address; `None` if it was sent to another.
    ///
    /// [`STATE_EVENTS`]: crate::mail::STATE_EVENTS
    async fn last_told(
        &self,
        reference: Reference,
        address_key: &Digest,
    ) -> Result<Option<OutboxEvent>, StoreError>;

    /// Returns the event of the last message about the state of a payment that was sent or dropped.
    async fn last_state(&self, reference: Reference) -> Result<Option<OutboxEvent>, StoreError>;

    /// Lets a message wait until a time, after `attempts` attempts.
    async fn postpone(&self, event_seq: i64, until: DateTime<Utc>, attempts: i32) -> Result<(), StoreError>;

    /// Records how a message ended. Only the first result counts.
    async fn finish(
        &self,
        event_seq: i64,
        result: &MessageResult,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError>;

    /// Records the outage of the mail server, or its end.
    async fn record_outage(&self, outage: Option<&MailOutage>) -> Result<(), StoreError>;

    /// Returns the state of mail.
    async fn mail_status(&self) -> Result<MailStatus, StoreError>;

    /// Returns whether a message waits for the payer of a payment.
    async fn is_waiting(&self, reference: Reference) -> Result<bool, StoreError>;

    /// Deletes messages that ended before a time, at most `limit`. Rejections are stored as long as their payment.
    async fn purge_messages(&self, before: DateTime<Utc>, limit: u64) -> Result<u64, StoreError>;
}

/// Reads the messages about a payment.
///
/// # Errors
/// Returns an error if the database fails.
#[async_trait]
pub trait PaymentMail: Send + Sync {
    /// Returns the last rejection of the address of a payment; `None` if a later message was accepted.
    async fn rejection(&self, reference: Reference) -> Result<Option<MailRejection>, StoreError>;

    /// Returns the messages about a payment that wait, were sent or were rejected, newest first, at most `limit`.
    async fn messages(&self, reference: Reference, limit: u64) -> Result<Vec<MessageRecord>, StoreError>;
}

/// Why a message was not sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// The mail server rejected the address or the message for good. Another attempt would fail, too.
    #[error("rejected: {0}")]
    Rejected(String),
    /// The message cannot be built: the address is not valid. The mail server was not contacted.
    #[error("invalid: {0}")]
    Invalid(String),
    /// The mail server postponed this message. Other messages may succeed.
    #[error("postponed: {0}")]
    Postponed(String),
    /// The mail server is down, or rejects Hermes. It has not seen this message.
    #[error("mail server unavailable: {0}")]
    Unavailable(String),
    /// The mail server failed while it took this message. The message may have been sent.
    #[error("mail server failed: {0}")]
    Interrupted(String),
}

/// Writes and sends messages.
///
/// # Contract
/// * A repeated message has the same `Message-ID`, so that mail servers and readers can discard the repetition.
/// * A text of a payer stays text: it adds no header, no element and no recipient.
/// * A call ends within eight minutes.
///
/// # Errors
/// Returns an error if the mail server has not accepted the message.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Sends a message to the payer of its payment.
    async fn send(&self, message: &PayerMessage<'_>) -> Result<(), MailError>;

    /// Connects to the mail server and signs in, without sending a message.
    async fn check(&self) -> Result<(), MailError>;
}
