//! Backups of MySQL and MariaDB: the output of the dump tool, with the record as its last line.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result, bail, ensure};
use data_encoding::HEXLOWER;
use hermes_domain::ledger::{AuditEntry, AuditHash, AuditSalt};
use hermes_domain::payment::PaymentId;
use hermes_migration::{Dialect, schema_ddl};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::client::{Client, DUMP_TOOLS};
use super::insert::{Row, for_each_row};
use super::{Contents, Manifest, RecordedHead};
use crate::config::Settings;

/// One snapshot of all tables and triggers, in a form that [`Reader`] understands. A restore deletes nothing.
const OPTIONS: [&str; 9] = [
    "--single-transaction",
    "--hex-blob",
    "--complete-insert",
    "--order-by-primary",
    "--skip-add-drop-table",
    "--skip-add-locks",
    "--no-tablespaces",
    "--triggers",
    "--default-character-set=utf8mb4",
];
/// Options of the tool of MySQL only. They write no state of replication, which only an administrator can restore.
const MYSQL_OPTIONS: [&str; 2] = ["--set-gtid-purged=OFF", "--column-statistics=0"];

/// The start of the last line that the tools write.
const COMPLETED: &[u8] = b"-- Dump completed";
/// The start of the line with the record.
const RECORD: &str = "-- Hermes backup: ";

/// Runs the dump tool, copies its output to a file and adds the record.
pub(super) fn write(settings: &Settings, output: &mut File, file: &Path) -> Result<Contents> {
    let Some(tool) = Client::find(DUMP_TOOLS, settings)? else { bail!(missing_tool(settings, file)) };
    let mut command = tool.command();
    command.args(OPTIONS);
    if !tool.is_mariadb {
        command.args(MYSQL_OPTIONS);
    }
    let mut child = command.arg(&settings.database.name).stdout(Stdio::piped()).spawn()?;
    let dump = child.stdout.take().context("the dump tool has no output")?;
    let mut output = BufWriter::new(output);
    let mut reader = Reader::default();
    let copied = read_lines(BufReader::new(dump), |line| {
        output.write_all(line)?;
        reader.read_line(line)
    });
    let status = child.wait()?;
    copied?;
    ensure!(
        status.success(),
        "the dump tool ended with {status}; if it lacks a privilege, repeat the command as a user with SELECT and TRIGGER on \
         all tables, such as the owner of the schema (DB_USER, DB_PASSWORD)"
    );
    reader.ensure_complete()?;
    let manifest = reader.contents.new_manifest(Some(reader.sha256()))?;
    writeln!(output, "{RECORD}{}", serde_json::to_string(&manifest)?)?;
    output.flush()?;
    reader.contents.manifest = Some(manifest);
    Ok(reader.contents)
}

/// Reads a backup. A dump without a record must end with the line that the tools write last.
pub(super) fn read(file: &Path) -> Result<Contents> {
    let mut reader = Reader::default();
    read_lines(BufReader::new(File::open(file)?), |line| reader.read_line(line))?;
    reader.ensure_complete()?;
    Ok(reader.contents)
}

/// Reads lines of any length: a statement of a dump has about one megabyte.
fn read_lines(mut input: impl BufRead, mut read: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
    let mut line = Vec::new();
    while input.read_until(b'\n', &mut line)? > 0 {
        read(&line)?;
        line.clear();
    }
    Ok(())
}

/// Reads a dump line by line.
#[derive(Default)]
struct Reader {
    contents: Contents,
    digest: Sha256,
    /// The lines of an unfinished statement. The tools escape line breaks in values.
    statement: Vec<u8>,
    tables: BTreeSet<String>,
    ends: bool,
}

impl Reader {
    fn read_line(&mut self, line: &[u8]) -> Result<()> {
        ensure!(self.contents.manifest.is_none(), "the file continues after its record");
        if let Some(record) = line.strip_prefix(RECORD.as_bytes()) {
            let manifest: Manifest = serde_json::from_slice(record).context("the record is unreadable")?;
            ensure!(manifest.sha256 == Some(self.sha256()), "the file was changed after the backup");
            self.contents.manifest = Some(manifest);
            return Ok(());
        }
        self.digest.update(line);
        self.ends = line.starts_with(COMPLETED) && line.ends_with(b"\n");
        self.tables.extend(created_table(line).map(str::to_owned));
        let tables = ["seaql_migrations", "ledger_head", "audit_log"];
        let begins = |table: &&str| line.starts_with(format!("INSERT INTO `{table}`").as_bytes());
        if self.statement.is_empty() && !tables.iter().any(begins) {
            return Ok(());
        }
        self.statement.extend_from_slice(line);
        if line.ends_with(b";\n") { self.read_statement() } else { Ok(()) }
    }

    fn read_statement(&mut self) -> Result<()> {
        let statement = std::mem::take(&mut self.statement);
        let contents = &mut self.contents;
        for_each_row(&statement, |row| {
            if statement.starts_with(b"INSERT INTO `audit_log`") {
                contents.add_audit_entry(&audit_entry(row)?);
            } else if statement.starts_with(b"INSERT INTO `ledger_head`") {
                contents.head = Some(recorded_head(row)?);
            } else {
                contents.steps.push(row.required_text("version")?);
            }
            Ok(())
        })
    }

    /// Checks the end, and that no table is missing: the tools omit tables that the user may not read.
    fn ensure_complete(&self) -> Result<()> {
        ensure!(self.ends, "the end is missing");
        let schema = schema_ddl(Dialect::MySql);
        let missing = schema.lines().filter_map(|line| created_table(line.as_bytes()));
        let missing: Vec<_> = missing.filter(|table| !self.tables.contains(*table)).collect();
        ensure!(
            missing.is_empty() || !self.contents.is_current(),
            "the dump lacks the tables {}: grant the database user SELECT on them",
            missing.join(", ")
        );
        Ok(())
    }

    fn sha256(&self) -> String {
        HEXLOWER.encode(&self.digest.clone().finalize())
    }
}

/// Returns the table that a line begins to create.
fn created_table(line: &[u8]) -> Option<&str> {
    let line = str::from_utf8(line).ok()?.strip_prefix("CREATE TABLE ")?;
    let name = line.strip_prefix("IF NOT EXISTS ").unwrap_or(line).strip_prefix('`')?;
    name.split_once('`').map(|(name, _)| name)
}

fn recorded_head(row: &Row<'_>) -> Result<RecordedHead> {
    Ok(RecordedHead {
        seq: row.integer("seq")?,
        token: Uuid::from_bytes(row.array("token")?.context("token is missing")?),
        audit_seq: row.integer("audit_seq")?,
        audit_hash: HEXLOWER.encode(&row.array::<32>("audit_hash")?.context("audit_hash is missing")?),
    })
}

fn audit_entry(row: &Row<'_>) -> Result<AuditEntry> {
    Ok(AuditEntry {
        seq: row.integer("seq")?,
        payment_id: row.array("payment_id")?.map(|id| PaymentId(Uuid::from_bytes(id))),
        subject_type: row.required_text("subject_type")?,
        subject_id: row.required_text("subject_id")?,
        action: row.required_text("action")?,
        actor: row.required_text("actor")?,
        salt: row.array("salt")?.map(AuditSalt),
        reason: row.text("reason")?,
        old_value: row.text("old_value")?,
        new_value: row.text("new_value")?,
        user_agent: row.text("user_agent")?,
        ip_address: row.text("ip_address")?,
        created_at: row.time("created_at")?,
        hash: AuditHash(row.array("hash")?.context("hash is missing")?),
    })
}

fn missing_tool(settings: &Settings, file: &Path) -> String {
    let database = &settings.database;
    let address = if database.host.starts_with('/') {
        format!("--socket='{}'", database.host)
    } else {
        format!("--host='{}' --port={} --protocol=TCP", database.host, database.port)
    };
    format!(
        "neither mariadb-dump nor mysqldump is installed. Install one of them, or run this command where it is installed \
         (mysqldump of MySQL also needs {}):\n(umask 077; mariadb-dump {address} --user='{}' --password {} '{}' > '{}')",
        MYSQL_OPTIONS.join(" "),
        database.user,
        OPTIONS.join(" "),
        database.name,
        file.display()
    )
}
