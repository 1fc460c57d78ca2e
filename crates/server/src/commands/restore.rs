//! `hermes restore`: checks a backup, restores it into an empty database, verifies the result and repeats erasures.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use hermes_domain::ports::PaymentReader;
use hermes_repository::{AuditProtection, Database, RecordedErasure, SqlPaymentReader};
use sea_orm::{ConnectionTrait, Statement};

use super::backup::client::{CLIENTS, Client};
use super::backup::{Contents, RecordedHead, sqlite};
use super::{audit, backup, person, print_line};
use crate::cli::Restore;
use crate::compose::data_folder::{self, SQLITE_FILE};
use crate::config::{self, Configuration, Settings};
use crate::{compose, logging};

/// Restores or checks a backup.
pub(super) async fn run(what: Restore) -> Result<ExitCode> {
    let configuration = config::load()?;
    let settings = &configuration.settings;
    logging::start(settings.log.format, "warn");
    let file = &what.file;
    let contents = backup::read(file).await?;
    contents.check().with_context(|| format!("{} cannot be restored", file.display()))?;
    if what.check {
        return print_line(&format!("{} is complete: {}", file.display(), contents.summary()?));
    }
    let erasures = listed_erasures(&what)?;
    match (sqlite::is_sqlite(file)?, settings.is_embedded()) {
        (true, true) => restore_sqlite(settings, file).await?,
        (false, false) => restore_dump(settings, file).await?,
        (true, false) => anyhow::bail!("the backup is of SQLite: unset DB_HOST to restore it"),
        (false, true) => anyhow::bail!("the backup is of MySQL or MariaDB: set DB_HOST to restore it"),
    }
    let database = compose::open_database(settings).await?;
    let finished = finish(&configuration, &database, &contents, erasures).await;
    database.close().await;
    finished
}

/// Reads the list of erasures before anything is restored. `None` if there is no list.
fn listed_erasures(what: &Restore) -> Result<Option<Vec<RecordedErasure>>> {
    let mut default = what.file.clone().into_os_string();
    default.push(".erasures");
    let path = what.erasures.clone().unwrap_or_else(|| PathBuf::from(default));
    if what.erasures.is_none() && !path.try_exists()? {
        return Ok(None);
    }
    person::read_erasures(&path).map(Some)
}

/// Copies the file to the data folder, which must have no database.
async fn restore_sqlite(settings: &Settings, file: &Path) -> Result<()> {
    let folder = &settings.database.data_dir;
    for suffix in ["", "-wal", "-shm", "-journal"] {
        let existing = folder.join(format!("{SQLITE_FILE}{suffix}"));
        ensure!(
            !existing.exists(),
            "{} exists, and a restore overwrites nothing: stop the portal, move all files {SQLITE_FILE}* to another folder, \
             and repeat the command",
            existing.display()
        );
    }
    data_folder::prepare(folder)?;
    let copy = tempfile::Builder::new().prefix(SQLITE_FILE).tempfile_in(folder)?;
    std::io::copy(&mut File::open(file)?, &mut copy.as_file())?;
    sqlite::remove_record(copy.path()).await?;
    copy.as_file().sync_all()?;
    copy.persist_noclobber(folder.join(SQLITE_FILE))?;
    Ok(File::open(folder)?.sync_all()?)
}

/// Executes the dump in the database, which must have no tables.
async fn restore_dump(settings: &Settings, file: &Path) -> Result<()> {
    let database = compose::open_database(settings).await?;
    let tables = count_tables(&database).await;
    database.close().await;
    let (tables, name) = (tables?, &settings.database.name);
    ensure!(
        tables == 0,
        "the database {name} has {tables} tables, and a restore overwrites nothing: create an empty database and set \
         DB_NAME to its name"
    );
    let client = Client::find(CLIENTS, settings)?;
    let client = client.context(
        "neither mariadb nor mysql is installed, which executes the backup; install one of them and repeat the command",
    )?;
    // In the binary mode, the client executes no commands of its own, such as one that starts a shell.
    let options = ["--binary-mode", "--default-character-set=utf8mb4", name];
    let status = client.command().args(options).stdin(File::open(file)?).status()?;
    ensure!(
        status.success(),
        "the client ended with {status}; {name} is incomplete: drop and create it, and repeat the command"
    );
    Ok(())
}

async fn count_tables(database: &Database) -> Result<i64> {
    let sql = "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE()";
    let row = database.reader_pool().query_one_raw(Statement::from_string(database.backend(), sql)).await?;
    Ok(row.context("the database returned no row")?.try_get_by_index(0)?)
}

/// Verifies the restored database and repeats the erasures.
async fn finish(
    configuration: &Configuration,
    database: &Database,
    contents: &Contents,
    erasures: Option<Vec<RecordedErasure>>,
) -> Result<ExitCode> {
    print_line(&format!("restored {}", contents.summary()?))?;
    if !contents.is_current() {
        print_line("the schema is older than this version of Hermes: run `hermes migrate up`, then")?;
        return print_line(
            "`hermes audit verify --deep`, and `hermes erase --repeat` with the list of erasures",
        );
    }
    let reader = SqlPaymentReader::new(database);
    let head = RecordedHead::from(&reader.head().await?);
    ensure!(
        head == *contents.head()?,
        "the restored ledger head differs from the backup: is a portal running?"
    );
    let is_intact = audit::verify_all(&reader).await?;
    if database.audit_protection().await? != AuditProtection::Triggers {
        print_line("warning: no triggers protect the audit log; create them with `hermes migrate triggers`")?;
    }
    print_line(&match erasures {
        Some(listed) => person::repeat_erasures(configuration, database, listed).await?,
        None => "no erasures were repeated, because there is no list of them".to_owned(),
    })?;
    Ok(if is_intact { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
