//! Sends messages by SMTP (RFC 5321), over TLS unless configured otherwise.
//!
//! Each command of a message is sent by itself, because its error means something else at each step: the server rejects
//! Hermes at `MAIL`, the payer's address at `RCPT`, and the content after `DATA`.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use hermes_domain::mail::PayerMessage;
use hermes_domain::ports::{MailError, Mailer};
use lettre::Message;
use lettre::address::AddressError;
use lettre::message::Mailbox;
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;
use tokio::time::timeout;

use crate::envelope::{self, Addresses};
use crate::letter::Sender;

/// The longest time until a connection is encrypted and the login accepted.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(25);
/// The longest time for the commands before the content of a message.
const COMMANDS_TIMEOUT: Duration = Duration::from_secs(60);
/// The longest time for the content. Servers reply only after they have inspected it; a repetition would be another copy.
const CONTENT_TIMEOUT: Duration = Duration::from_secs(300);
/// An idle connection is used again for this long.
const REUSE_MAX: Duration = Duration::from_secs(5);

/// The longest time to say goodbye.
const QUIT_TIMEOUT: Duration = Duration::from_secs(2);

/// Replies that concern the account of Hermes instead of one message: the server requires a login, or rejects it.
const ACCOUNT_REPLIES: [&str; 4] = ["530", "534", "535", "538"];
/// The server closes the connection.
const CLOSING_REPLY: &str = "421";
/// The beginning of the status codes that concern the mail server, which may be full (RFC 3463, section 3.4).
const SYSTEM_STATUS: &str = "): 4.3.";
/// The reply to an accepted login (RFC 4954, section 6).
const LOGIN_ACCEPTED: u16 = 235;

/// How the connection is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmtpTls {
    /// The connection begins in plain text and must switch to TLS before anything else; usually port 587.
    StartTls,
    /// TLS from the first byte; usually port 465.
    Implicit,
    /// No TLS: for a mail server on the same machine.
    None,
}

/// The settings of the mail server.
#[derive(Debug, Clone)]
pub struct SmtpSettings {
    /// The host, which the certificate must name.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The encryption.
    pub tls: SmtpTls,
    /// The user and the password, if the server requires a login.
    pub login: Option<(String, SecretString)>,
    /// The sender.
    pub from: Mailbox,
    /// Where replies go, if not to the sender.
    pub reply_to: Option<Mailbox>,
}

/// Parses an address with an optional name: `Example University <payments@example.org>`.
///
/// # Errors
/// If the text is not an address.
pub fn parse_mailbox(text: &str) -> Result<Mailbox, AddressError> {
    text.parse()
}

/// Sends messages through one mail server, one after the other.
pub struct SmtpMailer {
    settings: SmtpSettings,
    tls: Option<TlsParameters>,
    addresses: Addresses,
    sender: Sender,
    /// The connection of the last message.
    idle: Mutex<Option<Connection>>,
}

struct Connection {
    smtp: AsyncSmtpConnection,
    used_at: Instant,
}

impl SmtpMailer {
    /// Creates a mailer. Does not connect.
    ///
    /// # Errors
    /// If the certificates of the system cannot be read, or the host is not a valid name.
    pub fn new(settings: SmtpSettings, sender: Sender) -> Result<Self, MailError> {
        let tls = match settings.tls {
            SmtpTls::StartTls | SmtpTls::Implicit => {
                let parameters = TlsParameters::new_rustls(settings.host.clone());
                Some(parameters.map_err(|error| unavailable("TLS", &error))?)
            }
            SmtpTls::None => None,
        };
        let addresses = Addresses { from: settings.from.clone(), reply_to: settings.reply_to.clone() };
        Ok(Self { settings, tls, addresses, sender, idle: Mutex::new(None) })
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, MailError> {
        let SmtpSettings { host, port, .. } = &self.settings;
        let hello = ClientId::default();
        let is_implicit = self.settings.tls == SmtpTls::Implicit;
        let tls = self.tls.clone().filter(|_| is_implicit);
        let address = (host.as_str(), *port);
        let connected =
            AsyncSmtpConnection::connect_tokio1(address, Some(CONNECT_TIMEOUT), &hello, tls, None).await;
        let mut smtp = connected.map_err(|error| unavailable("connection", &error))?;
        if let Some(tls) = self.tls.clone().filter(|_| !is_implicit) {
            smtp.starttls(tls, &hello).await.map_err(|error| unavailable("STARTTLS", &error))?;
        }
        if let Some((user, password)) = &self.settings.login {
            let credentials = Credentials::new(user.clone(), password.expose_secret().to_owned());
            let login = smtp.auth(DEFAULT_MECHANISMS, &credentials).await;
            let reply = login.map_err(|error| unavailable("login", &error))?;
            // Another reply was inserted before the connection was encrypted, so that all replies are shifted.
            if !reply.has_code(LOGIN_ACCEPTED) {
                return Err(MailError::Unavailable(format!("login: reply {}", reply.code())));
            }
        }
        Ok(smtp)
    }

    /// Sends on the connection of the previous message, if it was used just now, or on a new one.
    async fn transmit(&self, message: &Message) -> Result<(), MailError> {
        let mut idle = self.idle.lock().await;
        if let Some(mut connection) = idle.take().filter(|idle| idle.used_at.elapsed() < REUSE_MAX) {
            // The server may have closed the connection meanwhile.
            if timeout(CONNECT_TIMEOUT, connection.smtp.test_connected()).await == Ok(true) {
                let sent = send_on(&mut connection.smtp, message).await;
                *idle = after(connection.smtp, &sent).await;
                // Otherwise the server has not seen the message, and may accept it on a new connection.
                if !matches!(sent, Err(MailError::Unavailable(_))) {
                    return sent;
                }
            }
        }
        let mut smtp = self.connect_in_time().await?;
        let sent = send_on(&mut smtp, message).await;
        *idle = after(smtp, &sent).await;
        sent
    }

    async fn connect_in_time(&self) -> Result<AsyncSmtpConnection, MailError> {
        let connected = timeout(CONNECT_TIMEOUT, self.connect()).await;
        connected.unwrap_or_else(|_| Err(MailError::Unavailable(too_slow(CONNECT_TIMEOUT))))
    }
}

/// Returns the connection for the next message, or closes it if the message was not accepted.
async fn after(smtp: AsyncSmtpConnection, sent: &Result<(), MailError>) -> Option<Connection> {
    if sent.is_ok() {
        return Some(Connection { smtp, used_at: Instant::now() });
    }
    close(smtp).await;
    None
}

async fn close(mut smtp: AsyncSmtpConnection) {
    let _closed_anyway = timeout(QUIT_TIMEOUT, smtp.abort()).await;
}

async fn send_on(smtp: &mut AsyncSmtpConnection, message: &Message) -> Result<(), MailError> {
    let bytes = message.formatted();
    let slow = |limit| move |_| Err(MailError::Interrupted(too_slow(limit)));
    let commands = send_envelope(smtp, message, &bytes);
    timeout(COMMANDS_TIMEOUT, commands).await.unwrap_or_else(slow(COMMANDS_TIMEOUT))?;
    let content = async {
        let sent = smtp.message(&bytes).await;
        sent.map(drop).map_err(|error| of_message("message", &error))
    };
    timeout(CONTENT_TIMEOUT, content).await.unwrap_or_else(slow(CONTENT_TIMEOUT))
}

/// Sends the commands before the content.
async fn send_envelope(
    smtp: &mut AsyncSmtpConnection,
    message: &Message,
    bytes: &[u8],
) -> Result<(), MailError> {
    let envelope = message.envelope();
    let mut parameters = Vec::new();
    let mut addresses = envelope.from().into_iter().chain(envelope.to());
    if !addresses.all(|address| AsRef::<str>::as_ref(address).is_ascii()) {
        if !smtp.server_info().supports_feature(Extension::SmtpUtfEight) {
            let reason = "the mail server does not support addresses with these characters";
            return Err(MailError::Rejected(reason.to_owned()));
        }
        parameters.push(MailParameter::SmtpUtfEight);
    }
    if !bytes.is_ascii() {
        parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    let mail = Mail::new(envelope.from().cloned(), parameters);
    smtp.command(mail).await.map_err(|error| unavailable("MAIL", &error))?;
    for address in envelope.to() {
        let recipient = Rcpt::new(address.clone(), Vec::new());
        smtp.command(recipient).await.map_err(|error| of_message("RCPT", &error))?;
    }
    smtp.command(Data).await.map_err(|error| of_message("DATA", &error))?;
    Ok(())
}

/// Converts the error of a step before the server has seen the message.
fn unavailable(step: &str, error: &SmtpError) -> MailError {
    MailError::Unavailable(describe(step, error))
}

/// Describes an error with its sources.
fn describe(step: &str, error: &SmtpError) -> String {
    let mut text = format!("{step}: {error}");
    // The error of the library does not repeat its source, which names the reason.
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}

/// Converts the error of a step that concerns one message. The reply may repeat the payer's address, so only the code of
/// a reply that is logged is used.
fn of_message(step: &str, error: &SmtpError) -> MailError {
    let code = error.status().map(|code| code.to_string()).unwrap_or_default();
    let reply = || format!("{step}: reply {code}");
    let text = error.to_string();
    if ACCOUNT_REPLIES.contains(&code.as_str()) {
        MailError::Unavailable(reply())
    } else if code == CLOSING_REPLY || (error.is_transient() && text.contains(SYSTEM_STATUS)) {
        MailError::Interrupted(reply())
    } else if error.is_permanent() {
        MailError::Rejected(text)
    } else if error.is_transient() {
        MailError::Postponed(text)
    } else {
        MailError::Interrupted(describe(step, error))
    }
}

#[async_trait]
impl Mailer for SmtpMailer {
    async fn send(&self, message: &PayerMessage<'_>) -> Result<(), MailError> {
        let letter = self.sender.write(message);
        let letter = letter.map_err(|error| MailError::Invalid(format!("no text: {error}")))?;
        let message = envelope::build(&self.addresses, message, letter)?;
        self.transmit(&message).await
    }

    async fn check(&self) -> Result<(), MailError> {
        close(self.connect_in_time().await?).await;
        Ok(())
    }
}

fn too_slow(limit: Duration) -> String {
    format!("no reply within {} s", limit.as_secs())
}
