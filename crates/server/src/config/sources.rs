//! The layers of the configuration. Later layers override earlier ones.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Error, Result, anyhow, ensure};
use config::builder::DefaultState;
use config::{Config, ConfigBuilder, ConfigError, File, FileFormat};

use super::Environment;

/// The defaults, which contain every key.
pub(super) const DEFAULTS: &str = include_str!("../../../../config/default.toml");
pub(super) const PRODUCTION: &str = include_str!("../../../../config/production.toml");
/// The example institution, which the file of an operator replaces.
pub(super) const INSTITUTION: &str = include_str!("../../../../config/institution.toml");

/// The short variables, most of them from the original program, and their settings.
pub(super) const SHORT_NAMES: [(&str, &str); 11] = [
    ("PORT", "server.port"),
    ("DASHBOARD_PORT", "server.dashboard_port"),
    ("DATA_DIR", "database.data_dir"),
    ("DB_HOST", "database.host"),
    ("DB_PORT", "database.port"),
    ("DB_USER", "database.user"),
    ("DB_PASSWORD", "database.password"),
    ("DB_PASSWORD_FILE", "database.password_file"),
    ("DB_NAME", "database.name"),
    ("REDIS_URL", "redis.url"),
    ("REDIS_URL_FILE", "redis.url_file"),
];

/// Merges all layers.
///
/// # Errors
/// If the folder does not exist, or a file cannot be read or parsed. The message contains no line of the file, because it may contain a password.
pub(super) fn merge(environment: Environment) -> Result<Config> {
    ensure!(
        named_folder().is_none_or(|folder| folder.is_dir()),
        "HERMES_CONFIG_DIR is {:?}, which is not a folder",
        folder()
    );
    let mut builder = Config::builder().add_source(File::from_str(DEFAULTS, FileFormat::Toml));
    if environment == Environment::Production {
        builder = builder.add_source(File::from_str(PRODUCTION, FileFormat::Toml));
    }
    for path in files(environment) {
        builder = builder.add_source(File::from(path).format(FileFormat::Toml).required(false));
    }
    // Replaced as a whole: nothing of the example may remain beside an institution's own account.
    let institution = folder().join("institution.toml");
    builder = if institution.exists() {
        builder.add_source(File::from(institution).format(FileFormat::Toml))
    } else {
        builder.add_source(File::from_str(INSTITUTION, FileFormat::Toml))
    };
    // Values remain text until they are deserialized, so that a password such as 007 does not become the number 7.
    builder =
        builder.add_source(config::Environment::with_prefix("HERMES").separator("__").ignore_empty(true));
    with_short_names(builder).and_then(|builder| builder.build()).map_err(without_content)
}

fn without_content(error: ConfigError) -> Error {
    match error {
        ConfigError::FileParse { uri, cause } => {
            let text = cause.to_string();
            // The next lines of the message repeat the line of the file.
            let position = text.lines().next().unwrap_or_default();
            anyhow!("{position} in {}", uri.unwrap_or_default())
        }
        error => error.into(),
    }
}

/// Explains a value that is not in the list of a setting, which the library calls a missing variant constructor.
pub(super) fn explain(error: ConfigError) -> Error {
    let text = error.to_string();
    let rest = text.split_once(" does not have variant constructor ").map(|(_, rest)| rest);
    let Some((value, rest)) = rest.and_then(|rest| rest.split_once(" for key `")) else {
        return error.into();
    };
    let key = rest.split('`').next().unwrap_or_default();
    anyhow!("{key} is {value:?}, which is none of its values; docs/configuration.md lists them")
}

/// Returns the paths of the files that override the defaults. Each may be missing.
pub fn files(environment: Environment) -> [PathBuf; 2] {
    ["default".to_owned(), environment.to_string()].map(|name| folder().join(format!("{name}.toml")))
}

/// Returns the folder of the files: `HERMES_CONFIG_DIR`, or `config` in the working directory.
pub fn folder() -> PathBuf {
    named_folder().unwrap_or_else(|| Path::new("config").to_owned())
}

/// Returns the folder that the variable names. Compose files pass an empty value for an unset variable.
fn named_folder() -> Option<PathBuf> {
    env::var_os("HERMES_CONFIG_DIR").filter(|folder| !folder.is_empty()).map(PathBuf::from)
}

fn with_short_names(
    mut builder: ConfigBuilder<DefaultState>,
) -> Result<ConfigBuilder<DefaultState>, ConfigError> {
    for (name, key) in SHORT_NAMES {
        // Compose files pass an empty value for an unset variable.
        let value = env::var(name).ok().filter(|value| !value.is_empty());
        builder = builder.set_override_option(key, value)?;
    }
    Ok(builder)
}
