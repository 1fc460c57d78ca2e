//! Wires the import of bank statements.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use hermes_domain::matching::AutoPost;
use hermes_domain::ports::StatementStore;
use hermes_repository::{Database, SqlStatementStore, create_private_folder};
use hermes_service::statements::{ImporterConfig, ImporterDeps, StatementImporter};
use hermes_service::writer::LedgerWriter;
use hermes_statements::CsvProfile;

use super::data_folder::STATEMENTS_FOLDER;
use super::{SystemClock, SystemRandom};
use crate::config::{self, Configuration};

/// The folder, in the folder of the configuration, of the profiles of CSV files.
const PROFILE_FOLDER: &str = "statements";

/// Wires the importer.
pub fn importer(
    configuration: &Configuration,
    database: &Database,
    ledger: &LedgerWriter,
) -> Result<Arc<StatementImporter>> {
    let settings = &configuration.settings;
    let accounts = configuration.rules.institution.accounts.iter().filter(|account| !account.is_example);
    let accounts: Vec<_> = accounts.cloned().collect();
    let auto_post = settings.reconciliation.auto_post.as_str();
    let auto_post: AutoPost =
        auto_post.parse().with_context(|| format!("reconciliation.auto_post is {auto_post:?}"))?;
    let spool_dir =
        or_default(&settings.statements.spool_dir, || settings.database.data_dir.join(STATEMENTS_FOLDER));
    let deps = ImporterDeps {
        store: store(database),
        ledger: ledger.clone(),
        clock: Arc::new(SystemClock),
        random_source: Arc::new(SystemRandom),
    };
    let importer = ImporterConfig {
        max_bytes: settings.statements.max_bytes,
        accepts_any_account: settings.statements.any_account || accounts.is_empty(),
        accounts,
        csv_profiles: profiles(&settings.statements.csv_profiles)?,
        auto_post,
        spool_dir: spool_dir.clone(),
    };
    let cannot_create = || format!("cannot create the folder {} (statements.spool_dir)", spool_dir.display());
    // Statements contain personal data.
    create_private_folder(&spool_dir).with_context(cannot_create)?;
    StatementImporter::new(deps, importer).with_context(cannot_create)
}

/// Opens the rows of imported statements.
pub fn store(database: &Database) -> Arc<dyn StatementStore> {
    Arc::new(SqlStatementStore::new(database))
}

/// Reads the profiles of CSV files.
fn profiles(folder: &Path) -> Result<BTreeMap<String, CsvProfile>> {
    let folder = or_default(folder, || config::folder().join(PROFILE_FOLDER));
    let mut profiles = BTreeMap::new();
    // An institution without CSV files needs no folder.
    let Ok(entries) = fs::read_dir(&folder) else { return Ok(profiles) };
    for entry in entries {
        let path = entry?.path();
        let is_profile = path.extension().is_some_and(|extension| extension == "toml");
        let name = path.file_stem().and_then(|name| name.to_str()).filter(|_| is_profile);
        if let Some(name) = name {
            let profile = profile(&path).with_context(|| format!("the CSV profile {}", path.display()))?;
            profiles.insert(name.to_owned(), profile);
        }
    }
    Ok(profiles)
}

fn profile(path: &Path) -> Result<CsvProfile> {
    let file = ::config::File::from(path).format(::config::FileFormat::Toml);
    Ok(::config::Config::builder().add_source(file).build()?.try_deserialize()?)
}

fn or_default(path: &Path, default: impl FnOnce() -> PathBuf) -> PathBuf {
    if path.as_os_str().is_empty() { default() } else { path.to_owned() }
}
