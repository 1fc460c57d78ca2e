//! `hermes migrate`: applies, reverts and lists migrations.

use std::io::{BufRead, IsTerminal, Write};
use std::process::ExitCode;

use anyhow::{Context, Result, bail, ensure};
use hermes_migration::{MigrationStatus, TouchedTable};
use sea_orm::DatabaseConnection;

use super::print_line;
use crate::cli::Migrate;
use crate::compose;
use crate::config::{self, Environment, Settings};
use crate::logging;

/// Executes a migration command.
pub(super) async fn run(command: Migrate) -> Result<ExitCode> {
    let configuration = config::load()?;
    logging::start(configuration.settings.log.format, "warn");
    let settings = &configuration.settings;
    match command {
        Migrate::Up { steps } => {
            report("applied", "nothing to apply: the schema is current", &up(settings, steps).await?)
        }
        Migrate::Down { steps, yes } => {
            ensure!(
                yes || configuration.environment == Environment::Development,
                "reverting a migration deletes its data; in production, confirm with --yes"
            );
            let reverted = hermes_migration::down(compose::migration_options(settings)?, Some(steps)).await?;
            report("reverted", "nothing to revert", &reverted)
        }
        Migrate::Status => status(settings).await,
        Migrate::Triggers => {
            let created = hermes_migration::create_triggers(compose::migration_options(settings)?).await;
            let created = created.with_context(|| {
                format!("cannot create the triggers ({})", compose::database_label(settings))
            });
            report("created", "this database needs no triggers", &created?)
        }
        Migrate::Fresh { yes } => fresh(configuration.environment, settings, yes).await,
    }
}

/// Applies missing migrations and returns their names.
pub async fn up(settings: &Settings, steps: Option<u32>) -> Result<Vec<String>> {
    let applied = hermes_migration::up(compose::migration_options(settings)?, steps).await;
    let applied = applied
        .with_context(|| format!("cannot apply the migrations ({})", compose::database_label(settings)));
    compose::explain_database_error(settings, applied)
}

/// Checks that no migration is missing.
pub async fn ensure_current(settings: &Settings) -> Result<()> {
    let database = compose::open_database(settings).await?;
    let pending = hermes_migration::pending(database.reader_pool()).await;
    database.close().await;
    let pending = pending.context("cannot read the state of the database schema")?;
    ensure!(
        pending == 0,
        "the database schema lacks {pending} migrations: run `hermes migrate up` (or make migrate-up), or set \
         HERMES__DATABASE__MIGRATE_AT_START=always"
    );
    Ok(())
}

/// Lists the steps, and how many rows each pending step will touch.
async fn status(settings: &Settings) -> Result<ExitCode> {
    let database = compose::open_without_limits(settings).await?;
    let lines = status_lines(&database).await;
    database.close().await?;
    print_line(&lines?.join("\n"))
}

async fn status_lines(connection: &DatabaseConnection) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    for MigrationStatus { name, applied } in hermes_migration::status(connection).await? {
        lines.push(if applied {
            format!("applied  {name}")
        } else {
            let touched = hermes_migration::touched_tables(connection, &name).await?;
            format!("missing  {name}  {}", describe(&touched))
        });
    }
    Ok(lines)
}

/// Describes the rows that a step will touch.
fn describe(touched: &[TouchedTable]) -> String {
    match touched {
        [] => "no existing rows".to_owned(),
        tables => {
            let rows = |table: &TouchedTable| format!("up to {} rows of {}", table.rows, table.name);
            tables.iter().map(rows).collect::<Vec<_>>().join(", ")
        }
    }
}

async fn fresh(environment: Environment, settings: &Settings, yes: bool) -> Result<ExitCode> {
    ensure!(
        environment == Environment::Development,
        "this deletes all data and is not available in production"
    );
    let database = compose::database_label(settings);
    if !yes {
        ensure!(std::io::stdin().is_terminal(), "this drops all tables in {database}; confirm with --yes");
        if !is_confirmed(&database)? {
            bail!("cancelled; nothing was changed");
        }
    }
    hermes_migration::fresh(compose::migration_options(settings)?).await?;
    print_line(&format!("dropped and recreated all tables in {database}"))
}

fn is_confirmed(database: &str) -> Result<bool> {
    let mut output = std::io::stdout().lock();
    write!(output, "This deletes every payment in {database}. Type yes to continue: ")?;
    output.flush()?;
    let mut reply = String::new();
    std::io::stdin().lock().read_line(&mut reply)?;
    Ok(reply.trim() == "yes")
}

fn report(verb: &str, nothing: &str, names: &[String]) -> Result<ExitCode> {
    if names.is_empty() {
        return print_line(nothing);
    }
    print_line(&names.iter().map(|name| format!("{verb}  {name}")).collect::<Vec<_>>().join("\n"))
}
