//! The configuration: defaults, files and environment variables in layers, checked before anything starts.
//!
//! [`sources`] merges the layers. [`known_keys`] rejects unknown keys. [`rules`] builds the domain rules, and
//! [`institution`] the institution.
//! [`secret_files`] reads secrets from files. [`safety`] rejects dangerous settings. [`tls`] chooses how the database
//! connection is verified.

#[cfg(test)]
mod documentation;
mod environment;
mod institution;
mod known_keys;
mod rules;
mod safety;
mod secret_files;
mod settings;
mod sources;
mod tls;

pub use environment::Environment;
pub use safety::is_loopback;
pub use secret_files::read_secret;
pub use settings::{AccessMode, LogFormat, Settings, log_variable};
pub use sources::files;

pub use sources::folder;
use std::sync::Arc;

use anyhow::{Context, Result};
use hermes_domain::ledger::Rules;
use hermes_languages::Language;

/// A valid configuration.
#[derive(Debug)]
pub struct Configuration {
    /// The environment.
    pub environment: Environment,
    /// All settings.
    pub settings: Settings,
    /// The rules for decisions, and the institution that payers pay.
    pub rules: Rules,
    /// The language of pages for payers who have chosen none.
    pub language: Language,
    /// Problems that do not prevent startup, to be logged once.
    pub warnings: Vec<String>,
}

/// Loads and checks the configuration.
///
/// # Errors
/// If a source cannot be read, or a setting is unknown or invalid; the message names it.
pub fn load() -> Result<Configuration> {
    let environment = Environment::from_variables()?;
    let merged = sources::merge(environment).context("cannot read the configuration")?;
    known_keys::check(&merged)?;
    let mut warnings = known_keys::misspelled_variables(&merged);
    let mut settings: Settings =
        merged.try_deserialize().map_err(sources::explain).context("the configuration is invalid")?;
    secret_files::resolve(&mut settings)?;
    tls::set_default_mode(&mut settings.database, environment);
    settings.check()?;
    warnings.extend(settings::ignored_variable());
    tls::check_authority(&settings.database)?;
    warnings.extend(tls::warning(&settings.database));
    warnings.extend(safety::untrusted_proxy(environment, &settings));
    let institution = institution::build(&settings.institution).context("the configuration is invalid")?;
    let language = institution::language(&settings.institution).context("the configuration is invalid")?;
    let rules =
        rules::build_rules(&settings, Arc::new(institution)).context("the configuration is invalid")?;
    Ok(Configuration { environment, settings, rules, language, warnings })
}

impl Configuration {
    /// Returns whether the portal is for development and listens on loopback only.
    pub fn is_local_development(&self) -> bool {
        self.environment == Environment::Development && is_loopback(&self.settings.server.host)
    }

    /// Returns whether every program on this machine has access until the first API key exists.
    pub fn is_open_without_keys(&self) -> bool {
        self.settings.access.mode == AccessMode::Auto && self.is_local_development()
    }

    /// Rejects settings that are dangerous to serve with.
    ///
    /// # Errors
    /// If settings are dangerous; the message lists all of them and says what to do instead.
    pub fn check_safety(&self) -> Result<()> {
        safety::check(self.environment, &self.settings)
    }
}

/// Returns all settings as text, one per line, without secrets.
///
/// # Errors
/// If a source cannot be read.
pub fn as_text() -> Result<String> {
    let merged = sources::merge(Environment::from_variables()?).context("cannot read the configuration")?;
    Ok(known_keys::describe(&merged))
}
