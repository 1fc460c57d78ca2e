//! All settings; `config/default.toml` explains each one.

mod access;
mod cache;
mod database;
mod institution;
mod ledger;
mod limits;
mod log;
mod mail;
mod payer;
mod rates;
mod receipts;
mod server;
mod statements;

use anyhow::{Result, ensure};
use secrecy::ExposeSecret;
use serde::{Deserialize, Deserializer};

pub use access::{Access, AccessMode};
pub use cache::{Cache, Cluster, List, Redis};
pub use database::{Database, MigrateAtStart};
pub use institution::{Account, Institution, StudentId};
pub use ledger::{Events, Ledger};
pub use limits::Limits;
pub use log::{Log, LogFormat, ignored_variable, log_variable};
pub use mail::{Mail, MailTls};
pub use payer::Payer;
pub use rates::{Checks, Fees, Tier};
pub use receipts::{Receipts, Refunds};
pub use server::Server;
pub use statements::{Reconciliation, Statements};

pub(super) use server::is_http_url;

/// All settings, by section.
#[derive(Debug, Deserialize)]
pub struct Settings {
    pub server: Server,
    pub access: Access,
    pub database: Database,
    pub redis: Redis,
    pub cache: Cache,
    pub list: List,
    pub ledger: Ledger,
    pub events: Events,
    pub log: Log,
    pub limits: Limits,
    pub fees: Fees,
    pub checks: Checks,
    pub payer: Payer,
    pub mail: Mail,
    pub statements: Statements,
    pub reconciliation: Reconciliation,
    #[serde(default)]
    pub institution: Institution,
    pub receipts: Receipts,
    pub refunds: Refunds,
}

impl Settings {
    /// Returns whether the data is in an SQLite file.
    pub fn is_embedded(&self) -> bool {
        self.database.host.is_empty()
    }

    /// Returns whether Redis is configured.
    pub fn has_redis(&self) -> bool {
        !self.redis.url.expose_secret().is_empty()
    }

    /// Returns whether the cache is shared through Redis.
    pub fn shares_cache(&self) -> bool {
        self.has_redis() && self.cache.cluster == Cluster::Many
    }

    /// Returns whether to apply missing migrations at startup.
    pub fn migrates_at_start(&self) -> bool {
        match self.database.migrate_at_start {
            MigrateAtStart::Always => true,
            MigrateAtStart::Never => false,
            MigrateAtStart::Embedded => self.is_embedded(),
        }
    }

    /// Checks the limits that the types do not express.
    pub(super) fn check(&self) -> Result<()> {
        self.server.check()?;
        self.access.check()?;
        self.database.check()?;
        self.redis.check()?;
        self.cache.check()?;
        self.list.check()?;
        self.ledger.check()?;
        self.events.check()?;
        self.limits.check()?;
        self.payer.check()?;
        self.mail.check(self.server.public_url().as_deref())?;
        self.statements.check()?;
        self.log.check()
    }
}

/// Checks that a setting is within its bounds, which are inclusive.
fn within(name: &str, value: u64, from: u64, to: u64) -> Result<()> {
    ensure!((from..=to).contains(&value), "{name} is {value}; it must be between {from} and {to}");
    Ok(())
}

/// Converts a size for [`within`].
fn size(value: usize) -> u64 {
    u64::try_from(value).unwrap_or(u64::MAX)
}

/// Deserializes a list, or a comma-separated text as in an environment variable.
fn list_or_commas<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum ListOrText {
        List(Vec<String>),
        Text(String),
    }
    Ok(match ListOrText::deserialize(deserializer)? {
        ListOrText::List(list) => list,
        ListOrText::Text(text) => text.split(',').map(|part| part.trim().to_owned()).collect(),
    })
}
