//! Rejects settings that are dangerous to serve with: one function per rule.

use std::net::IpAddr;

use anyhow::{Result, bail};
use hermes_cache::RedisEndpoint;
use secrecy::ExposeSecret;

use super::settings::MailTls;
use super::{Environment, Settings};

/// Returns what is wrong and the line that changes it, or `None`. The text contains no secret.
type Rule = fn(&Settings) -> Option<String>;

/// The rules for production. `hermes serve` also checks the durability of the database server, and that an API key exists.
const PRODUCTION_RULES: [Rule; 8] = [
    database_password,
    redis_password,
    database_transport,
    redis_transport,
    mail_transport,
    server_key,
    public_url,
    example_account,
];

/// The minimum length of a password, in characters.
const PASSWORD_LENGTH_MIN: usize = 12;

/// The passwords in the documentation and in the tests of Hermes that have the minimum length.
const DOCUMENTED_PASSWORDS: [&str; 4] =
    ["a-long-random-one", "change-me-before-use", "hermes-test-1", "hermes_password"];

/// Checks the settings for the environment.
///
/// # Errors
/// If a rule is violated; the message lists all violations.
pub(super) fn check(environment: Environment, settings: &Settings) -> Result<()> {
    let rules = match environment {
        Environment::Development => &[][..],
        Environment::Production => &PRODUCTION_RULES,
    };
    let violations: Vec<_> = rules.iter().filter_map(|rule| rule(settings)).collect();
    match violations.as_slice() {
        [] => Ok(()),
        [violation] => bail!("{violation}"),
        violations => {
            bail!("{} settings are dangerous:\n  - {}", violations.len(), violations.join("\n  - "))
        }
    }
}

/// Returns a warning if the proxy that ends TLS is not trusted.
pub(super) fn untrusted_proxy(environment: Environment, settings: &Settings) -> Option<String> {
    let server = &settings.server;
    let has_tls = environment == Environment::Production && server.public_url.starts_with("https://");
    (has_tls && server.trusted_proxies.is_empty()).then(|| {
        "server.trusted_proxies is empty: all clients have the address of the proxy that ends TLS, so they share the \
         limits of one address. Set HERMES__SERVER__TRUSTED_PROXIES to the address or network of the proxy"
            .to_owned()
    })
}

fn database_password(settings: &Settings) -> Option<String> {
    let password = settings.database.password.expose_secret();
    let weakness = weakness(password).filter(|_| !settings.is_embedded())?;
    Some(format!(
        "DB_PASSWORD {weakness}: create one with `openssl rand -hex 24`, give it to the database user, and set it in \
         DB_PASSWORD or in the file that DB_PASSWORD_FILE names"
    ))
}

fn redis_password(settings: &Settings) -> Option<String> {
    let security = RedisEndpoint::new(settings.redis.url.clone()).security().ok()?;
    let is_local = security.host.as_deref().is_none_or(is_loopback);
    let weakness = match &security.password {
        Some(password) => weakness(password.expose_secret())?,
        None if is_local => return None,
        None => "is missing",
    };
    Some(format!(
        "the password in REDIS_URL {weakness}: create one with `openssl rand -hex 24`, set it as requirepass in Redis, \
         and set REDIS_URL=redis://:PASSWORD@HOST:6379"
    ))
}

fn database_transport(settings: &Settings) -> Option<String> {
    let database = &settings.database;
    let is_verified = ["verify_ca", "verify_identity"].contains(&database.ssl_mode.as_str());
    (!database.is_local() && !is_verified && !database.allow_plaintext).then(|| {
        format!(
            "database.ssl_mode is {}: on the network to {}, others could read and change payments. Set \
             HERMES__DATABASE__SSL_MODE=verify_identity, or, if the network is closed, \
             HERMES__DATABASE__ALLOW_PLAINTEXT=true",
            database.ssl_mode, database.host
        )
    })
}

fn redis_transport(settings: &Settings) -> Option<String> {
    let security = RedisEndpoint::new(settings.redis.url.clone()).security().ok()?;
    let host = security.host.filter(|host| !is_loopback(host))?;
    (!security.verifies_tls && !settings.redis.allow_plaintext).then(|| {
        format!(
            "REDIS_URL has no verified TLS: on the network to {host}, others could read and change payments. Set \
             REDIS_URL=rediss://…, or, if the network is closed, HERMES__REDIS__ALLOW_PLAINTEXT=true"
        )
    })
}

fn mail_transport(settings: &Settings) -> Option<String> {
    let mail = &settings.mail;
    (mail.is_on() && mail.tls == MailTls::None && !is_loopback(&mail.host)).then(|| {
        format!(
            "mail.tls is none: on the network to {}, others could read the links of payments and the password. Set \
             HERMES__MAIL__TLS=starttls (port 587) or implicit (port 465)",
            mail.host
        )
    })
}

fn server_key(settings: &Settings) -> Option<String> {
    let is_missing = settings.access.server_key_file.as_os_str().is_empty() && !settings.is_embedded();
    is_missing.then(|| {
        "access.server_key_file is empty: all instances that use a database server need the same key. Create one with \
         `openssl rand -hex 32` and set HERMES__ACCESS__SERVER_KEY_FILE to the path of its file"
            .to_owned()
    })
}

fn public_url(settings: &Settings) -> Option<String> {
    let url = settings.server.public_url.as_str();
    (!url.starts_with("https://")).then(|| {
        format!(
            "server.public_url is {url:?}: payers need an https URL. Put a proxy with TLS in front, and set \
             HERMES__SERVER__PUBLIC_URL=https://HOST"
        )
    })
}

fn example_account(settings: &Settings) -> Option<String> {
    let examples = settings.institution.accounts.iter().filter(|account| account.example);
    let currencies: Vec<_> = examples.map(|account| account.currency.as_str()).collect();
    (!currencies.is_empty()).then(|| {
        format!(
            "institution.accounts has an example account ({}): payers would send money to it. Write your own accounts to \
             institution.toml in the folder of the configuration, or remove the example accounts",
            currencies.join(", ")
        )
    })
}

/// Returns why a password is weak, as the end of a sentence.
fn weakness(password: &str) -> Option<&'static str> {
    if password.is_empty() {
        Some("is empty")
    } else if password.chars().count() < PASSWORD_LENGTH_MIN {
        Some("has fewer than 12 characters")
    } else if DOCUMENTED_PASSWORDS.contains(&password.to_lowercase().as_str()) {
        Some("is an example from the documentation")
    } else {
        None
    }
}

/// Returns whether a host is this machine: `localhost` or a loopback address.
pub fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests;
