//! Access control, and its state for operators.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use chrono::{DateTime, Utc};
use hermes_domain::access::KeyRecord;
use hermes_domain::ports::AccessStore;
use hermes_service::access::{AccessConfig, AccessControl};
use hermes_service::read_cache::ReadCache;

use super::staleness_bound;
use crate::config::{Configuration, Environment};

/// The command that creates the first key.
const FIRST_KEY: &str = "hermes keys create --name admin --scope access:manage";

/// Reads the keys.
pub(super) async fn open(
    configuration: &Configuration,
    keys: &Arc<dyn AccessStore>,
    heads: &Arc<ReadCache>,
) -> Result<AccessControl> {
    let config = AccessConfig {
        is_open_without_keys: configuration.is_open_without_keys(),
        staleness_bound: staleness_bound(&configuration.settings),
        grace: Duration::from_secs(configuration.settings.access.grace_s),
    };
    AccessControl::open(Arc::clone(heads), Arc::clone(keys), config).await.context("cannot read the API keys")
}

/// Describes who has access.
///
/// # Errors
/// In production, if no key was ever created: nobody could use the API.
pub fn describe(
    configuration: &Configuration,
    keys: &[Arc<KeyRecord>],
    now: DateTime<Utc>,
) -> Result<String> {
    if !keys.is_empty() {
        let usable = keys.iter().filter(|key| key.is_usable(now)).count();
        return Ok(format!("closed: {usable} {}", if usable == 1 { "key" } else { "keys" }));
    }
    ensure!(
        configuration.environment == Environment::Development,
        "no API key exists, so nobody could use the API: create one with `{FIRST_KEY}`, or name the \
         file of one in HERMES__ACCESS__FIRST_KEY_FILE"
    );
    Ok(if configuration.is_open_without_keys() {
        "open to this machine; `hermes keys create` closes it".to_owned()
    } else {
        format!("closed: no key exists yet; create one with `{FIRST_KEY}`")
    })
}
