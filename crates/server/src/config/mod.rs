//! Configuration: defaults, files and the environment in layers, checked before anything starts.
//!
//! [`sources`] reads the layers, [`known_keys`] refuses keys that mean nothing, [`rules`] makes the domain's
//! rules of them, [`safety`] refuses what would be dangerous.

mod environment;
mod known_keys;
mod rules;
mod safety;
mod settings;
mod sources;

pub use environment::Environment;
pub use settings::{LogFormat, Settings, UnverifiedReads, millis};

use anyhow::{Context, Result};
use hermes_domain::ledger::Rules;

/// A configuration that may be started.
#[derive(Debug)]
pub struct Configuration {
    /// Where the program runs.
    pub environment: Environment,
    /// Every setting.
    pub settings: Settings,
    /// The rules of decisions.
    pub rules: Rules,
}

/// Reads the configuration.
///
/// # Errors
/// When a source cannot be read, or a setting is unknown or makes no sense; the message says which.
pub fn load() -> Result<Configuration> {
    let environment = Environment::from_variables()?;
    let merged = sources::merge(environment).context("the configuration cannot be read")?;
    known_keys::check(&merged)?;
    known_keys::check_variables()?;
    let settings: Settings = merged.try_deserialize().context("the configuration cannot be used")?;
    settings.check()?;
    let rules = rules::of(&settings).context("the configuration cannot be used")?;
    Ok(Configuration { environment, settings, rules })
}

impl Configuration {
    /// Refuses what would be dangerous to serve with.
    ///
    /// # Errors
    /// Says what is dangerous and what to do instead.
    pub fn check_safety(&self) -> Result<()> {
        safety::check(self.environment, &self.settings)
    }
}

/// The merged settings as they are written in files, without secrets.
///
/// # Errors
/// When a source cannot be read.
pub fn as_text() -> Result<String> {
    let merged =
        sources::merge(Environment::from_variables()?).context("the configuration cannot be read")?;
    Ok(known_keys::describe(&merged))
}
