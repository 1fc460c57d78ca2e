//! The limit of messages to one address.

use chrono::{DateTime, TimeDelta, Utc};
use hermes_domain::access::ServerKey;
use hermes_domain::ledger::Digest;
use hermes_domain::mail::{ADDRESS_MESSAGES_MAX, ADDRESS_PERIOD_MINUTES};
use hermes_domain::payment::Payment;
use hermes_domain::ports::{MailQueue, StoreError};

/// The purpose of the derivation.
const PURPOSE: &str = "mail address";

/// Derives the key by which messages to one address are counted. The key does not reveal the address.
pub(super) fn address_key(key: &ServerKey, payment: &Payment) -> Digest {
    key.derive(PURPOSE, &[payment.details.email_key().as_bytes()])
}

/// Returns when the next message to an address may be sent; `None` if it may be sent now.
pub(super) async fn next_allowed(
    queue: &dyn MailQueue,
    address_key: &Digest,
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, StoreError> {
    let period = TimeDelta::minutes(ADDRESS_PERIOD_MINUTES);
    let sent = queue.sent_since(address_key, now - period).await?;
    // The oldest of the last few must leave the period first.
    Ok(sent.iter().rev().nth(ADDRESS_MESSAGES_MAX - 1).map(|oldest| *oldest + period))
}
