//! The layers of the configuration, later ones winning.

use std::env;
use std::path::{Path, PathBuf};

use config::builder::DefaultState;
use config::{Config, ConfigBuilder, ConfigError, File, FileFormat};

use super::Environment;

/// The defaults, with every key that there is.
pub(super) const DEFAULTS: &str = include_str!("../../../../config/default.toml");
const PRODUCTION: &str = include_str!("../../../../config/production.toml");

/// The variables of the original program and what they set.
const SHORT_NAMES: [(&str, &str); 9] = [
    ("PORT", "server.port"),
    ("DASHBOARD_PORT", "server.dashboard_port"),
    ("DATA_DIR", "database.data_dir"),
    ("DB_HOST", "database.host"),
    ("DB_PORT", "database.port"),
    ("DB_USER", "database.user"),
    ("DB_PASSWORD", "database.password"),
    ("DB_NAME", "database.name"),
    ("REDIS_URL", "redis.url"),
];

/// Merges every layer.
pub(super) fn merge(environment: Environment) -> Result<Config, ConfigError> {
    let mut builder = Config::builder().add_source(File::from_str(DEFAULTS, FileFormat::Toml));
    if environment == Environment::Production {
        builder = builder.add_source(File::from_str(PRODUCTION, FileFormat::Toml));
    }
    for name in ["default".to_owned(), environment.to_string()] {
        let path = folder().join(format!("{name}.toml"));
        builder = builder.add_source(File::from(path).format(FileFormat::Toml).required(false));
    }
    // Values stay texts until they are needed: a password such as 007 is not the number 7.
    builder =
        builder.add_source(config::Environment::with_prefix("HERMES").separator("__").ignore_empty(true));
    with_short_names(builder)?.build()
}

/// The folder of the files: `HERMES_CONFIG_DIR`, else `config` where the program was started.
fn folder() -> PathBuf {
    env::var_os("HERMES_CONFIG_DIR").map_or_else(|| Path::new("config").to_owned(), PathBuf::from)
}

fn with_short_names(
    mut builder: ConfigBuilder<DefaultState>,
) -> Result<ConfigBuilder<DefaultState>, ConfigError> {
    for (name, key) in SHORT_NAMES {
        // An empty variable is what compose files pass on for one that is not set.
        let value = env::var(name).ok().filter(|value| !value.is_empty());
        builder = builder.set_override_option(key, value)?;
    }
    Ok(builder)
}
