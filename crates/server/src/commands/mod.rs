//! The commands: one file each, except those of a few lines.

mod audit;
mod backup;
mod bank_sim;
mod doctor;
mod keys;
pub mod migrate;
mod person;
mod restore;
mod running_portal;
mod serve;
mod statement;

use std::process::ExitCode;

use anyhow::Result;
use hermes_migration::schema_ddl;

use crate::cli::{Cache, Cli, Command, Dialect, KeyFile, Statement};
use crate::config;

/// The actor of the command line in the audit log.
const OPERATOR: &str = "operator (command line)";

/// Executes the command of the command line.
///
/// # Errors
/// If the command fails; the message says why.
pub async fn run(cli: Cli) -> Result<ExitCode> {
    match cli.command.unwrap_or(Command::Serve) {
        Command::Serve => serve::run().await.map(|()| ExitCode::SUCCESS),
        Command::Migrate(command) => migrate::run(command).await,
        Command::Schema { dialect } => print_line(&schema_ddl(match dialect {
            Dialect::Mysql => hermes_migration::Dialect::MySql,
            Dialect::Sqlite => hermes_migration::Dialect::Sqlite,
        })),
        Command::Openapi => print_line(&hermes_web::routes::openapi().to_pretty_json()?),
        Command::Audit(command) => audit::run(command).await,
        Command::Erase(what) => person::erase(what).await,
        Command::ExportPerson { email } => person::export(&email).await,
        Command::Backup { file } => backup::run(&file).await,
        Command::Restore(what) => restore::run(what).await,
        Command::Keys(command) => keys::run(command).await,
        Command::Statement(Statement::Import(what)) => statement::import(what).await,
        Command::BankSim(what) => bank_sim::run(&what).await,
        Command::Cache { command, key } => print_cache_stats(command, &key),
        Command::Doctor(options) => doctor::run(&options).await,
        Command::Healthcheck(key) => running_portal::get("/health/ready", &key).map(|_| ExitCode::SUCCESS),
        Command::Config => print_configuration(),
    }
}

fn print_cache_stats(command: Cache, key: &KeyFile) -> Result<ExitCode> {
    let stats = match command {
        Cache::Warm => running_portal::post("/api/cache/warm", key)?,
        Cache::Status => running_portal::get("/api/cache", key)?,
    };
    print_line(&serde_json::to_string_pretty(&serde_json::from_str::<serde_json::Value>(&stats)?)?)
}

fn print_configuration() -> Result<ExitCode> {
    let configuration = config::load()?;
    print_line(&format!(
        "environment = {:?}\n\n{}",
        configuration.environment.to_string(),
        config::as_text()?
    ))
}

/// Writes the result of a command to standard output.
fn print_line(text: &str) -> Result<ExitCode> {
    use std::io::Write;
    let mut output = std::io::stdout().lock();
    match writeln!(output, "{}", text.trim_end()) {
        // A reader such as `head` closes the pipe early.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        result => Ok(result.map(|()| ExitCode::SUCCESS)?),
    }
}
