//! The mail server, and the addresses of messages to payers.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use hermes_mail::{SmtpTls, parse_mailbox};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub struct Mail {
    pub host: String,
    pub port: u16,
    pub tls: MailTls,
    pub user: String,
    pub password: SecretString,
    pub password_file: PathBuf,
    pub from: String,
    pub reply_to: String,
}

/// How the connection to the mail server is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailTls {
    /// The connection switches to TLS before the login.
    StartTls,
    /// TLS from the first byte.
    Implicit,
    /// No TLS.
    None,
}

impl Mail {
    /// Returns whether a mail server is configured.
    pub fn is_on(&self) -> bool {
        !self.host.is_empty()
    }

    /// Checks the section. `public_url` is the URL of the portal, which every message links to.
    pub(super) fn check(&self, public_url: Option<&str>) -> Result<()> {
        if !self.is_on() {
            return Ok(());
        }
        ensure!(
            public_url.is_some(),
            "server.public_url is empty, but mail.host is set: messages link to pages of the portal. Set \
             HERMES__SERVER__PUBLIC_URL, such as https://pay.example.org"
        );
        let address = |key, text: &str| {
            parse_mailbox(text).with_context(|| {
                format!("{key} is {text:?}; it must be an address, such as Example <payments@example.org>")
            })
        };
        address("mail.from", &self.from)?;
        if !self.reply_to.is_empty() {
            address("mail.reply_to", &self.reply_to)?;
        }
        ensure!(
            self.user.is_empty() == self.password.expose_secret().is_empty(),
            "set both mail.user and mail.password, or neither"
        );
        Ok(())
    }
}

impl From<MailTls> for SmtpTls {
    fn from(tls: MailTls) -> Self {
        match tls {
            MailTls::StartTls => Self::StartTls,
            MailTls::Implicit => Self::Implicit,
            MailTls::None => Self::None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail() -> Mail {
        Mail {
            host: "smtp.example.org".to_owned(),
            port: 587,
            tls: MailTls::StartTls,
            user: String::new(),
            password: SecretString::default(),
            password_file: PathBuf::new(),
            from: "Example University <payments@example.org>".to_owned(),
            reply_to: String::new(),
        }
    }

    #[test]
    fn mail_needs_the_public_url_a_sender_and_a_complete_login() {
        let url = Some("https://pay.example.org");
        assert!(mail().check(url).is_ok());
        let error = |mail: Mail, url| mail.check(url).unwrap_err().to_string();
        assert!(error(mail(), None).contains("server.public_url is empty"));
        assert!(error(Mail { from: "payments".to_owned(), ..mail() }, url).contains("mail.from"));
        assert!(
            error(Mail { reply_to: "a@b\r\nBcc: c@d".to_owned(), ..mail() }, url).contains("mail.reply_to")
        );
        assert!(error(Mail { user: "hermes".to_owned(), ..mail() }, url).contains("mail.password"));
        // Without a host, nothing else matters.
        assert!(Mail { host: String::new(), from: String::new(), ..mail() }.check(None).is_ok());
    }
}
