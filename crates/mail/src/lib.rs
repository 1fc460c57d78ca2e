//! Mail to payers: writes the messages and sends them by SMTP.
//!
//! * [`SmtpMailer`] implements [`Mailer`](hermes_domain::ports::Mailer).
//! * `content`: what a message says, in the payer's language. The texts are in `crates/languages/texts/`.
//! * `letter`: its two forms, text and HTML.
//! * `envelope`: the headers and the parts of a message.
//!
//! The crate is separate because SMTP and its message formats need libraries that nothing else needs.
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a panic fails the test"))]

mod content;
mod envelope;
mod letter;
mod smtp;

pub use letter::Sender;
pub use smtp::{SmtpMailer, SmtpSettings, SmtpTls, parse_mailbox};
