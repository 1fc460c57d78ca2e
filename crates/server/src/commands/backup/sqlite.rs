//! Backups of SQLite: a copy of the file, with a table for the record.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use anyhow::{Context, Result, ensure};
use hermes_domain::ledger::{AuditEntry, LedgerHead};
use hermes_domain::ports::reader_limits::PAGE_MAX;
use hermes_repository::entity::{audit_log, ledger_head};
use hermes_repository::{Database, DatabaseSettings};
use sea_orm::{
    ColumnTrait, ConnectOptions, ConnectionTrait, DatabaseConnection, DbBackend, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect, Statement,
};

use super::{Contents, RecordedHead};

/// The first bytes of every SQLite file (<https://www.sqlite.org/fileformat.html>, 1.3).
const MAGIC: &[u8] = b"SQLite format 3\0";

/// Returns whether a file is a SQLite database.
pub(in crate::commands) fn is_sqlite(file: &Path) -> Result<bool> {
    let mut start = [0; MAGIC.len()];
    let opened = File::open(file).with_context(|| format!("cannot open {}", file.display()))?;
    match (&opened).read_exact(&mut start) {
        Err(error) if error.kind() != ErrorKind::UnexpectedEof => Err(error.into()),
        _ => Ok(start == MAGIC),
    }
}

/// Copies the database to an empty file and adds the record.
pub(super) async fn write(database: &Database, file: &Path) -> Result<Contents> {
    database.copy_to(file).await?;
    let mut contents = read_tables(file).await?;
    let manifest = contents.new_manifest(None)?;
    let connection = open(file, "mode=rw").await?;
    connection.execute_unprepared("CREATE TABLE hermes_backup (manifest text NOT NULL)").await?;
    let json = serde_json::to_string(&manifest)?;
    let insert = "INSERT INTO hermes_backup (manifest) VALUES (?)";
    connection.execute_raw(Statement::from_sql_and_values(DbBackend::Sqlite, insert, [json.into()])).await?;
    connection.close().await?;
    contents.manifest = Some(manifest);
    Ok(contents)
}

/// Reads a backup.
pub(super) async fn read(file: &Path) -> Result<Contents> {
    let mut contents = read_tables(file).await?;
    let connection = open(file, READ_ONLY).await?;
    let manifest = text(&connection, "SELECT manifest FROM hermes_backup").await;
    let damage = text(&connection, "PRAGMA integrity_check").await;
    connection.close().await?;
    let manifest = manifest.context("the file has no record of a backup")?;
    contents.manifest = Some(serde_json::from_str(&manifest).context("the record is unreadable")?);
    let damage = damage?;
    ensure!(damage == "ok", "the file is damaged: {damage}");
    Ok(contents)
}

/// Removes the record, so that the file is a database as any other.
pub(in crate::commands) async fn remove_record(file: &Path) -> Result<()> {
    let connection = open(file, "mode=rw").await?;
    connection.execute_unprepared("DROP TABLE hermes_backup").await?;
    Ok(connection.close().await?)
}

async fn read_tables(file: &Path) -> Result<Contents> {
    let connection = open(file, READ_ONLY).await?;
    let contents = read_rows(&connection).await;
    connection.close().await?;
    contents
}

async fn read_rows(connection: &DatabaseConnection) -> Result<Contents> {
    let mut contents = Contents::default();
    let steps = "SELECT version FROM seaql_migrations ORDER BY version";
    for row in connection.query_all_raw(Statement::from_string(DbBackend::Sqlite, steps)).await? {
        contents.steps.push(row.try_get_by_index(0)?);
    }
    if let Some(row) = ledger_head::Entity::find().one(connection).await? {
        contents.head = Some(RecordedHead::from(&LedgerHead::try_from(row)?));
    }
    let mut after = 0;
    loop {
        let rows = audit_log::Entity::find().filter(audit_log::Column::Seq.gt(after));
        let rows = rows.order_by_asc(audit_log::Column::Seq).limit(PAGE_MAX).all(connection).await?;
        let Some(last) = rows.last() else { return Ok(contents) };
        after = last.seq;
        for row in rows {
            contents.add_audit_entry(&AuditEntry::try_from(row)?);
        }
    }
}

/// No lock and no file beside the backup: it may be on a read-only disk.
const READ_ONLY: &str = "mode=ro&immutable=true";

async fn open(file: &Path, parameters: &str) -> Result<DatabaseConnection> {
    let mut options = ConnectOptions::new(format!("{}?{parameters}", DatabaseSettings::sqlite(file).url));
    options.max_connections(1).sqlx_logging(false);
    Ok(sea_orm::Database::connect(options).await?)
}

async fn text(connection: &DatabaseConnection, query: &str) -> Result<String> {
    let row = connection.query_one_raw(Statement::from_string(DbBackend::Sqlite, query)).await?;
    Ok(row.context("a row is missing")?.try_get_by_index(0)?)
}
