//! `hermes migrate`

use std::io::{BufRead, IsTerminal, Write};
use std::process::ExitCode;

use anyhow::{Context, Result, bail, ensure};

use super::say;
use crate::cli::Migrate;
use crate::compose;
use crate::config::{self, Environment, Settings};
use crate::logging;

/// Carries out one of the subcommands.
pub(super) async fn run(what: Migrate) -> Result<ExitCode> {
    let configuration = config::load()?;
    logging::start(configuration.settings.log.format, "warn");
    let settings = &configuration.settings;
    match what {
        Migrate::Up { steps } => {
            report("applied", "nothing to apply: the schema is current", &up(settings, steps).await?)
        }
        Migrate::Down { steps, yes } => {
            ensure!(
                yes || configuration.environment == Environment::Development,
                "steps are taken back with the data in them: in production, say --yes if that is meant"
            );
            let taken = hermes_migration::down(compose::migration_options(settings)?, Some(steps)).await?;
            report("taken back", "nothing to take back", &taken)
        }
        Migrate::Status => status(settings).await,
        Migrate::Fresh { yes } => fresh(configuration.environment, settings, yes).await,
    }
}

/// Applies the steps that are missing; returns their names.
pub async fn up(settings: &Settings, steps: Option<u32>) -> Result<Vec<String>> {
    Ok(hermes_migration::up(compose::migration_options(settings)?, steps).await?)
}

/// Makes sure that no step is missing.
pub async fn ensure_current(settings: &Settings) -> Result<()> {
    let database = compose::open_database(settings).await?;
    let pending = hermes_migration::pending(database.reader_pool()).await;
    database.close().await;
    let pending = pending.context("the state of the database schema cannot be read")?;
    ensure!(
        pending == 0,
        "the database schema lacks {pending} steps: run `hermes migrate up` (or make migrate-up), or set \
         HERMES__DATABASE__MIGRATE_AT_START=always"
    );
    Ok(())
}

async fn status(settings: &Settings) -> Result<ExitCode> {
    let database = compose::open_database(settings).await?;
    let steps = hermes_migration::status(database.reader_pool()).await;
    database.close().await;
    let line = |step: &hermes_migration::MigrationStatus| {
        format!("{}  {}", if step.applied { "applied" } else { "missing" }, step.name)
    };
    say(&steps?.iter().map(line).collect::<Vec<_>>().join("\n"))
}

async fn fresh(environment: Environment, settings: &Settings, yes: bool) -> Result<ExitCode> {
    ensure!(environment == Environment::Development, "everything would be lost: refused in production");
    let place = compose::place(settings);
    if !yes {
        ensure!(
            std::io::stdin().is_terminal(),
            "this drops everything in {place}: say --yes if that is meant"
        );
        if !confirmed(&place)? {
            bail!("nothing was changed");
        }
    }
    hermes_migration::fresh(compose::migration_options(settings)?).await?;
    say(&format!("everything in {place} was dropped; the schema is new"))
}

fn confirmed(place: &str) -> Result<bool> {
    let mut output = std::io::stdout().lock();
    write!(output, "This drops every booking in {place}. Type yes to go on: ")?;
    output.flush()?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    Ok(answer.trim() == "yes")
}

fn report(done: &str, nothing: &str, names: &[String]) -> Result<ExitCode> {
    if names.is_empty() {
        return say(nothing);
    }
    say(&names.iter().map(|name| format!("{done}  {name}")).collect::<Vec<_>>().join("\n"))
}
