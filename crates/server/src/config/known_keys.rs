//! Rejects unknown keys and suggests the nearest known one.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail};
use config::{Config, File, FileFormat, Value, ValueKind};

use super::sources::{DEFAULTS, INSTITUTION};
use crate::cli::KeyFile;

/// Tables whose keys are currency codes.
const OPEN_TABLES: [&str; 4] = [
    "fees.by_currency",
    "checks.amount_threshold_by_currency",
    "receipts.write_off_max_by_currency",
    "refunds.second_person_above_by_currency",
];

/// Checks every key of a configuration against the keys of the defaults.
pub(super) fn check(merged: &Config) -> Result<()> {
    let defaults = Config::builder()
        .add_source(File::from_str(DEFAULTS, FileFormat::Toml))
        .add_source(File::from_str(INSTITUTION, FileFormat::Toml))
        .build();
    let known = keys(&defaults.context("cannot read the defaults")?);
    let unknown: Vec<_> = keys(merged).into_iter().filter(|key| !is_known(key, &known)).collect();
    let Some(first) = unknown.first() else { return Ok(()) };
    match nearest(first, &known) {
        Some(nearest) => bail!("unknown setting {first}; did you mean {nearest}?"),
        None => bail!("unknown setting {first}; config/default.toml lists all settings"),
    }
}

/// Returns a warning for each environment variable that looks like a setting but is none, such as
/// `HERMES_LEDGER_BATCH_MAX`. It names the nearest setting.
pub(super) fn misspelled_variables(merged: &Config) -> Vec<String> {
    let known = keys(merged);
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    names.filter_map(|name| misspelled_variable(&name, &known)).collect()
}

fn misspelled_variable(name: &str, known: &BTreeSet<String>) -> Option<String> {
    /// Variables with a meaning of their own.
    const RESERVED: [&str; 3] = ["HERMES_ENV", "HERMES_CONFIG_DIR", KeyFile::VARIABLE];
    let rest = name.strip_prefix("HERMES_").filter(|rest| !rest.starts_with('_'))?;
    if name.starts_with("HERMES_TEST_") || RESERVED.contains(&name) {
        return None;
    }
    let variable = |key: &String| format!("HERMES__{}", key.to_uppercase().replace('.', "__"));
    let is_same = |key: &&String| key.replace('.', "_") == rest.to_lowercase();
    let nearest = known.iter().find(is_same).or_else(|| nearest(&rest.to_lowercase(), known));
    Some(match nearest {
        Some(key) => format!("the variable {name} has no effect; did you mean {}?", variable(key)),
        None => format!("the variable {name} has no effect; settings have the form HERMES__SECTION__KEY"),
    })
}

fn is_known(key: &str, known: &BTreeSet<String>) -> bool {
    let is_open =
        |table: &str| key.strip_prefix(table).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    known.contains(key) || OPEN_TABLES.into_iter().any(is_open)
}

fn nearest<'a>(key: &str, known: &'a BTreeSet<String>) -> Option<&'a String> {
    /// The maximum edit distance of a suggestion.
    const MAX_EDITS: usize = 6;
    let distance = |candidate: &&String| strsim::damerau_levenshtein(candidate, key);
    known.iter().min_by_key(distance).filter(|candidate| distance(candidate) <= MAX_EDITS)
}

/// Keys whose values are never printed.
const SECRETS: [&str; 3] = ["database.password", "redis.url", "mail.password"];

/// Returns all settings, one per line, without secrets.
pub(super) fn describe(merged: &Config) -> String {
    let shown = |(key, value): (&String, &Value)| match value.to_string() {
        text if SECRETS.contains(&key.as_str()) && !text.is_empty() => format!("{key} = (set, not shown)"),
        text => format!("{key} = {text:?}"),
    };
    values(merged).iter().map(shown).collect::<Vec<_>>().join("\n")
}

/// Returns the keys of all values that are not tables.
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
    fn an_unknown_key_is_rejected_with_the_nearest_known_one() {
        let error = check(&with("[ledger]\nbatchmax = 1")).unwrap_err().to_string();
        assert_eq!(error, "unknown setting ledger.batchmax; did you mean ledger.batch_max?");
        assert!(check(&with("[lodger]\nbatch_max = 1")).is_err());
        assert!(
            check(&with("[server]\ntelephone_exchange = 1"))
                .unwrap_err()
                .to_string()
                .contains("default.toml")
        );
    }

    #[test]
    fn a_misspelled_variable_gets_a_warning_that_names_the_nearest_setting() {
        let known = keys(&with(""));
        let warning = |name| misspelled_variable(name, &known);
        assert_eq!(
            warning("HERMES_LEDGER_BATCH_MAX").unwrap(),
            "the variable HERMES_LEDGER_BATCH_MAX has no effect; did you mean HERMES__LEDGER__BATCH_MAX?"
        );
        assert!(warning("HERMES_LEDGER_BATCHMAX").unwrap().contains("HERMES__LEDGER__BATCH_MAX"));
        assert!(warning("HERMES_TELEPHONE_EXCHANGE").unwrap().contains("HERMES__SECTION__KEY"));
        for name in ["HERMES_ENV", "HERMES__LEDGER__BATCH_MAX", "HERMES_TEST_SEED", "PATH"] {
            assert_eq!(warning(name), None, "{name}");
        }
    }

    #[test]
    fn currency_tables_accept_any_key() {
        assert!(check(&with("[checks.amount_threshold_by_currency]\nJPY = \"1\"")).is_ok());
        assert!(check(&with("[checks]\nJPY = \"1\"")).is_err());
    }
}
