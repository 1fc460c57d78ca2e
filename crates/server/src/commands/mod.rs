//! The subcommands, one a file.

mod audit;
mod cache;
mod doctor;
mod healthcheck;
pub mod migrate;
mod portal;
mod show_config;

use std::process::ExitCode;

use anyhow::Result;
use hermes_migration::schema_ddl;

use crate::cli::{Cli, Command, Dialect};
use crate::serve;

/// Carries out what the command line asks for.
///
/// # Errors
/// When it cannot be carried out; the message says why.
pub async fn run(cli: Cli) -> Result<ExitCode> {
    match cli.command.unwrap_or(Command::Serve) {
        Command::Serve => serve::serve().await.map(|()| ExitCode::SUCCESS),
        Command::Migrate(what) => migrate::run(what).await,
        Command::Schema { dialect } => say(&schema_ddl(match dialect {
            Dialect::Mysql => hermes_migration::Dialect::MySql,
            Dialect::Sqlite => hermes_migration::Dialect::Sqlite,
        })),
        Command::Openapi => say(&hermes_web::routes::openapi().to_pretty_json()?),
        Command::Audit(what) => audit::run(what).await,
        Command::Cache(what) => cache::run(what),
        Command::Doctor => doctor::run().await,
        Command::Healthcheck => healthcheck::run(),
        Command::Config => show_config::run(),
    }
}

/// Writes the result of a command where its caller reads it.
fn say(text: &str) -> Result<ExitCode> {
    use std::io::Write;
    let mut output = std::io::stdout().lock();
    match writeln!(output, "{}", text.trim_end()) {
        // Whoever reads only the first lines, such as head, closes early.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        result => Ok(result.map(|()| ExitCode::SUCCESS)?),
    }
}
