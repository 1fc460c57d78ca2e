//! The commands for API keys.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use hermes_domain::access::{KeyId, Scope};
use hermes_domain::ledger::KEY_LIFETIME_DAYS_MAX;

/// The commands for API keys. They may run beside a running portal and return once every portal that reaches the database applies the change.
#[derive(Debug, Clone, Subcommand)]
pub enum Keys {
    /// Create a key and print its text, which is not shown again
    #[command(
        after_help = "Example:\n  hermes keys create --name billing --scope bookings:read events:read --expires 90d"
    )]
    Create(CreateKey),
    /// List all keys, without their texts
    #[command(after_help = "Example:\n  hermes keys list --json")]
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Give a key a new text and print it; the earlier text expires after access.rotation_days
    #[command(after_help = "Example:\n  hermes keys rotate 7S3C4M0Q2D --out billing.key")]
    Rotate {
        /// The id of the key
        #[arg(value_parser = key_id)]
        id: KeyId,
        #[command(flatten)]
        output: KeyOutput,
    },
    /// Revoke a key for ever; a portal without its database accepts the key for at most access.grace_s
    #[command(after_help = "Example:\n  hermes keys revoke 7S3C4M0Q2D")]
    Revoke {
        /// The id of the key
        #[arg(value_parser = key_id)]
        id: KeyId,
    },
    /// Print the text of a new key without storing it, for the file that access.first_key_file names
    #[command(after_help = "Example:\n  (umask 077; hermes keys new > first.key)")]
    New,
}

/// The properties of a key to create.
#[derive(Debug, Clone, Args)]
pub struct CreateKey {
    /// The name, such as the program that uses the key
    #[arg(long)]
    pub name: String,
    /// What the key may do
    #[arg(long = "scope", required = true, num_args = 1.., value_parser = scope)]
    pub scopes: Vec<Scope>,
    /// The time after which the key is invalid, in days, such as 90d; never by default
    #[arg(long = "expires", value_name = "DAYS", value_parser = days)]
    pub expires_days: Option<u16>,
    #[command(flatten)]
    pub output: KeyOutput,
}

/// Where to write the text of a key; standard output by default.
#[derive(Debug, Clone, Args)]
pub struct KeyOutput {
    /// Print JSON with the properties of the key
    #[arg(long, conflicts_with = "out")]
    pub json: bool,
    /// Write the text to a new file with mode 0600
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

fn key_id(text: &str) -> Result<KeyId, String> {
    KeyId::parse(text).ok_or_else(|| "the id of a key is the ten characters after hk_".to_owned())
}

fn scope(name: &str) -> Result<Scope, String> {
    let names = || Scope::ALL.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(", ");
    Scope::find(name).ok_or_else(|| format!("the scopes are {}", names()))
}

fn days(text: &str) -> Result<u16, String> {
    let days = text.strip_suffix('d').and_then(|days| days.parse().ok());
    days.filter(|days| (1..=KEY_LIFETIME_DAYS_MAX).contains(days))
        .ok_or_else(|| format!("use a number of days from 1d to {KEY_LIFETIME_DAYS_MAX}d"))
}
