//! `hermes statement import`: imports bank statements.
#![expect(clippy::print_stderr, reason = "the progress is for people; stdout has the results")]

use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use hermes_domain::statement::{ImportId, ImportState, StatementImport};
use hermes_service::statements::{DryRun, FileOptions, ImportError, StatementFile, StatementImporter};
use tokio::time::sleep;

use super::{OPERATOR, print_line, serve};
use crate::cli::ImportStatements;
use crate::compose::{self, CommandLedger};
use crate::config;
use crate::logging;

/// The name that stands for standard input.
const STANDARD_INPUT: &str = "-";
/// How often the command looks at an import that a portal works on.
const POLL_INTERVAL: Duration = Duration::from_millis(200);

/// Imports the files one after the other.
pub(super) async fn import(what: ImportStatements) -> Result<ExitCode> {
    let configuration = config::load()?;
    logging::start(configuration.settings.log.format, "warn");
    serve::prepare_schema(&configuration.settings).await?;
    let database = compose::open_database(&configuration.settings).await?;
    let CommandLedger { ledger, writer, cache: _ } =
        compose::command_ledger(&configuration, &database).await?;
    let importer = compose::statements::importer(&configuration, &database, &ledger)?;
    let imported = import_files(&importer, &what).await;
    ledger.close();
    writer.await.context("the ledger writer stopped unexpectedly")?;
    database.close().await;
    imported
}

async fn import_files(importer: &Arc<StatementImporter>, what: &ImportStatements) -> Result<ExitCode> {
    let options = FileOptions { csv_profile: what.profile.clone(), csv_account: what.account.clone() };
    let mut exit_code = ExitCode::SUCCESS;
    for path in &what.files {
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        let copy = Copied::new(importer, path).with_context(|| format!("cannot read {}", path.display()))?;
        let result = if what.dry_run {
            importer.dry_run(&copy.0, &options).await.map(|report| describe_dry_run(&name, &report))
        } else {
            import_file(importer, &copy.0, &name, &options).await.map(|import| {
                if import.state != ImportState::Done {
                    exit_code = ExitCode::FAILURE;
                }
                describe(&name, &import)
            })
        };
        match result {
            Ok(text) => print_line(&text).map(|_| ())?,
            Err(error) if error.is_refusal() => {
                print_line(&format!("{name}: refused: {error}"))?;
                exit_code = ExitCode::FAILURE;
            }
            Err(error) => return Err(error).with_context(|| format!("{name} is not imported completely")),
        }
    }
    Ok(exit_code)
}

/// A copy of a file in the spool folder. An import moves the copy; otherwise it is removed.
struct Copied(PathBuf);

impl Copied {
    fn new(importer: &StatementImporter, path: &Path) -> io::Result<Self> {
        let copy = Self(importer.upload_path());
        let mut target = File::create_new(&copy.0)?;
        // One byte more than allowed, so that the check refuses the file.
        let limit = importer.max_bytes().saturating_add(1);
        if path == Path::new(STANDARD_INPUT) {
            io::copy(&mut io::stdin().lock().take(limit), &mut target)?;
        } else {
            io::copy(&mut File::open(path)?.take(limit), &mut target)?;
        }
        target.sync_all()?;
        Ok(copy)
    }
}

impl Drop for Copied {
    fn drop(&mut self) {
        // Usually the import has moved the copy.
        let _ = std::fs::remove_file(&self.0);
    }
}

async fn import_file(
    importer: &Arc<StatementImporter>,
    path: &Path,
    name: &str,
    options: &FileOptions,
) -> Result<StatementImport, ImportError> {
    let file = StatementFile {
        path: path.to_owned(),
        name: name.to_owned(),
        options: options.clone(),
        actor: OPERATOR.to_owned(),
    };
    let id = importer.accept(file).await?;
    let shows_progress = io::stderr().is_terminal();
    let progress = |position: i64, lines: i64| {
        if shows_progress {
            eprint!("\r{name}: {position} of {lines} lines");
        }
    };
    match importer.run(id, &progress).await {
        // A running portal was faster and works on the import.
        Err(ImportError::Claimed) => {}
        result => result?,
    }
    let import = wait_until_ended(importer, id).await?;
    if shows_progress {
        eprintln!();
    }
    Ok(import)
}

async fn wait_until_ended(
    importer: &StatementImporter,
    id: ImportId,
) -> Result<StatementImport, ImportError> {
    loop {
        let import = importer.find(id).await?.ok_or(ImportError::NotFound(id))?;
        if import.state.work().is_none() {
            return Ok(import);
        }
        sleep(POLL_INTERVAL).await;
    }
}

fn describe(name: &str, import: &StatementImport) -> String {
    let counts = &import.counts;
    format!(
        "{name}: {} ({}), {} lines: {} posted, {} as credit, {} other, {} batches, {} returns, {} reversed, {} imported before; \
         import {}",
        import.state.as_str(),
        import.file.format,
        import.file.lines,
        counts.posted,
        counts.unallocated,
        counts.other,
        counts.batches,
        counts.returns,
        counts.reversed,
        counts.duplicates,
        import.file.id
    )
}

fn describe_dry_run(name: &str, report: &DryRun) -> String {
    let statements = report.statements.iter().map(|statement| {
        format!(
            "\n  account {} in {}: {} lines, {} credit, {} debit, {} pending",
            statement.account,
            statement.currency,
            statement.lines,
            statement.credits,
            statement.debits,
            statement.pending
        )
    });
    format!(
        "{name}: {}, {} lines: {} to post, {} to decide, {} without a match, {} other, {} imported before{}",
        report.format,
        report.lines,
        report.to_post,
        report.to_decide,
        report.unmatched,
        report.other,
        report.duplicates,
        statements.collect::<String>()
    )
}
