//! Refusing keys that mean nothing, with the one that was probably meant.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail};
use config::{Config, File, FileFormat, Value, ValueKind};

use super::sources::DEFAULTS;

/// Tables whose keys are currencies.
const OPEN_TABLES: [&str; 2] = ["fees.by_currency", "checks.amount_threshold_by_currency"];

/// Checks every key of a configuration against those of the defaults.
pub(super) fn check(merged: &Config) -> Result<()> {
    let defaults = Config::builder().add_source(File::from_str(DEFAULTS, FileFormat::Toml)).build();
    let known = keys(&defaults.context("the defaults cannot be read")?);
    let unknown: Vec<_> = keys(merged).into_iter().filter(|key| !is_known(key, &known)).collect();
    let Some(first) = unknown.first() else { return Ok(()) };
    match nearest(first, &known) {
        Some(meant) => bail!("there is no setting {first}; did you mean {meant}?"),
        None => bail!("there is no setting {first}; config/default.toml explains every one"),
    }
}

/// Refuses variables that look like settings and are none, such as `HERMES_LEDGER_BATCH_MAX`.
pub(super) fn check_variables() -> Result<()> {
    /// Those with a meaning of their own.
    const KNOWN: [&str; 2] = ["HERMES_ENV", "HERMES_CONFIG_DIR"];
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let is_unknown = |name: &String| {
        let ours = name.strip_prefix("HERMES_").is_some_and(|rest| !rest.starts_with(['_']));
        ours && !name.starts_with("HERMES_TEST_") && !KNOWN.contains(&name.as_str())
    };
    match names.into_iter().find(is_unknown) {
        Some(name) => bail!(
            "the variable {name} means nothing: settings are HERMES__SECTION__KEY, two underscores each"
        ),
        None => Ok(()),
    }
}

fn is_known(key: &str, known: &BTreeSet<String>) -> bool {
    let is_open =
        |table: &str| key.strip_prefix(table).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    known.contains(key) || OPEN_TABLES.into_iter().any(is_open)
}

fn nearest<'a>(key: &str, known: &'a BTreeSet<String>) -> Option<&'a String> {
    /// More edits than this are another word.
    const EDITS_MAX: usize = 6;
    let distance = |candidate: &&String| strsim::damerau_levenshtein(candidate, key);
    known.iter().min_by_key(distance).filter(|candidate| distance(candidate) <= EDITS_MAX)
}

/// Keys whose values are never shown.
const SECRETS: [&str; 2] = ["database.password", "redis.url"];

/// Every setting on a line of its own, without secrets.
pub(super) fn describe(merged: &Config) -> String {
    let shown = |(key, value): (&String, &Value)| match value.to_string() {
        text if SECRETS.contains(&key.as_str()) && !text.is_empty() => format!("{key} = (set, not shown)"),
        text => format!("{key} = {text:?}"),
    };
    values(merged).iter().map(shown).collect::<Vec<_>>().join("\n")
}

/// The keys of all values that are no tables.
fn keys(config: &Config) -> BTreeSet<String> {
    values(config).into_keys().collect()
}

fn values(config: &Config) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    collect("", &config.cache, &mut found);
    found
}

fn collect(prefix: &str, value: &Value, found: &mut BTreeMap<String, Value>) {
    match &value.kind {
        ValueKind::Table(table) if !table.is_empty() || prefix.is_empty() => {
            for (name, value) in table {
                let key = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
                collect(&key, value, found);
            }
        }
        _ => {
            found.insert(prefix.to_owned(), value.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(toml: &str) -> Config {
        let sources = Config::builder().add_source(File::from_str(DEFAULTS, FileFormat::Toml));
        sources.add_source(File::from_str(toml, FileFormat::Toml)).build().unwrap()
    }

    #[test]
    fn the_nearest_known_key_is_named() {
        let error = check(&with("[ledger]\nbatchmax = 1")).unwrap_err().to_string();
        assert_eq!(error, "there is no setting ledger.batchmax; did you mean ledger.batch_max?");
        assert!(check(&with("[lodger]\nbatch_max = 1")).is_err());
        assert!(
            check(&with("[server]\ntelephone_exchange = 1"))
                .unwrap_err()
                .to_string()
                .contains("default.toml")
        );
    }

    #[test]
    fn currencies_are_keys_where_they_belong() {
        assert!(check(&with("[checks.amount_threshold_by_currency]\nJPY = \"1\"")).is_ok());
        assert!(check(&with("[checks]\nJPY = \"1\"")).is_err());
    }
}
