//! The headers and the parts of a message (RFC 5322, RFC 2046).
//!
//! The library encodes every header, so a line break in a text cannot begin another header. The payer's name is in the
//! body only.

use std::time::SystemTime;

use hermes_domain::mail::PayerMessage;
use hermes_domain::ports::MailError;
use lettre::Message;
use lettre::address::Address;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};

use crate::letter::Letter;

/// Marks messages that no person wrote, so that no one answers them automatically (RFC 3834).
const AUTO_SUBMITTED: (HeaderName, &str) =
    (HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated");

/// The addresses that every message has.
#[derive(Debug, Clone)]
pub(crate) struct Addresses {
    pub from: Mailbox,
    pub reply_to: Option<Mailbox>,
}

/// Builds the message to the payer of a payment.
///
/// # Errors
/// [`MailError::Invalid`] if the payer's address is not valid.
pub(crate) fn build(
    addresses: &Addresses,
    message: &PayerMessage<'_>,
    letter: Letter,
) -> Result<Message, MailError> {
    let not_valid = |error| MailError::Invalid(format!("the address is not valid: {error}"));
    let to: Address = message.payment.details.email.trim().parse().map_err(not_valid)?;
    let date = SystemTime::from(message.event.occurred_at);
    let (name, value) = AUTO_SUBMITTED;
    let mut builder = Message::builder()
        .from(addresses.from.clone())
        .to(Mailbox::new(None, to))
        .subject(letter.subject)
        .date(date)
        .message_id(Some(message_id(addresses, message)))
        .raw_header(HeaderValue::new(name, value.to_owned()));
    if let Some(reply_to) = &addresses.reply_to {
        builder = builder.reply_to(reply_to.clone());
    }
    builder
        .multipart(MultiPart::alternative_plain_html(letter.text, letter.html))
        .map_err(|error| MailError::Invalid(format!("the message cannot be built: {error}")))
}

/// Returns the `Message-ID`, which derives from the event and the payment: a repeated message has the same.
fn message_id(addresses: &Addresses, message: &PayerMessage<'_>) -> String {
    let domain = addresses.from.email.domain();
    format!("<{}.{}@{domain}>", message.event.id, message.payment.reference)
}
