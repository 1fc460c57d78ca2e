//! `hermes keys`: creates, lists, rotates and revokes API keys.
//!
//! Each change is a command of the ledger. The writer replies once every running portal applies the change.

mod list;
mod output;

use std::process::ExitCode;

use anyhow::{Context, Result, anyhow};
use chrono::{TimeDelta, Utc};
use hermes_domain::FieldError;
use hermes_domain::access::{ApiKey, KeyId, KeyRecord};
use hermes_domain::ledger::{KeyCommand, KeyRotation, NewKey, Origin};
use hermes_repository::{Database, SqlAccessStore};
use hermes_service::writer::SubmitError;

use self::output::SecretOutput;
use super::{OPERATOR, print_line, serve};
use crate::cli::{CreateKey, Keys};
use crate::compose::{self, CommandLedger, SystemRandom};
use crate::config::{self, Configuration};
use crate::logging;

/// Executes a command for keys.
pub(super) async fn run(command: Keys) -> Result<ExitCode> {
    if matches!(command, Keys::New) {
        return print_line(&ApiKey::generate(&SystemRandom).expose());
    }
    let configuration = config::load()?;
    logging::start(configuration.settings.log.format, "warn");
    // The first key of an installation may be created before its first start.
    serve::prepare_schema(&configuration.settings).await?;
    let database = compose::open_database(&configuration.settings).await?;
    let printed = execute(&configuration, &database, command).await;
    database.close().await;
    print_line(&printed?)
}

/// Returns the text to print.
async fn execute(configuration: &Configuration, database: &Database, command: Keys) -> Result<String> {
    match command {
        Keys::Create(create) => create_key(configuration, database, create).await,
        Keys::List { json } => list::list(&SqlAccessStore::new(database), json).await,
        Keys::Rotate { id, output } => {
            let output = SecretOutput::open(output)?;
            let key = ApiKey::with_new_secret(id, &SystemRandom);
            let rotation = KeyRotation::new(&key, configuration.settings.access.key_overlap())?;
            let rotated = submit(configuration, database, KeyCommand::Rotate(rotation)).await;
            output.write(rotated, &key)
        }
        Keys::Revoke { id } => {
            let key = submit(configuration, database, KeyCommand::Revoke(id)).await?;
            Ok(format!("revoked key {} ({})", key.id, key.name))
        }
        Keys::New => Ok(ApiKey::generate(&SystemRandom).expose()),
    }
}

async fn create_key(configuration: &Configuration, database: &Database, create: CreateKey) -> Result<String> {
    let CreateKey { name, scopes, expires_days, output } = create;
    let expires_at = expires_days.map(|days| Utc::now() + TimeDelta::days(i64::from(days)));
    let key = ApiKey::generate(&SystemRandom);
    let new = NewKey::new(&key, &name, scopes.into_iter().collect(), expires_at).map_err(invalid)?;
    let output = SecretOutput::open(output)?;
    let created = submit(configuration, database, KeyCommand::Create(new)).await;
    output.write(created, &key)
}

/// Submits a command and returns the key after it.
async fn submit(
    configuration: &Configuration,
    database: &Database,
    command: KeyCommand,
) -> Result<KeyRecord> {
    let unknown = unknown_outcome(&command);
    let CommandLedger { ledger, writer, cache: _ } = compose::command_ledger(configuration, database).await?;
    let origin = Origin { actor: OPERATOR.to_owned(), ..Origin::default() };
    let committed = ledger.submit_key(command, origin).await;
    ledger.close();
    writer.await.context("the ledger writer stopped unexpectedly")?;
    match committed {
        Ok(committed) => Ok(committed.outcome.key),
        Err(SubmitError::OutcomeUnknown) => Err(anyhow!(unknown)),
        Err(error) => Err(error.into()),
    }
}

/// Describes what may have happened, and what to do. The text of a new key is not written, so nobody can use the key.
fn unknown_outcome(command: &KeyCommand) -> String {
    let id: KeyId = command.key_id();
    match command {
        KeyCommand::Create(_) => format!(
            "the database did not respond in time, so key {id} may exist, and its text is lost; if `hermes keys list` shows \
             it, revoke or rotate it"
        ),
        KeyCommand::Rotate(_) => format!(
            "the database did not respond in time, so key {id} may have a new text, which is lost, and its earlier text may \
             expire; rotate it again"
        ),
        KeyCommand::Revoke(_) => {
            format!("the database did not respond in time, so key {id} may be revoked; repeat the command")
        }
    }
}

fn invalid(errors: Vec<FieldError>) -> anyhow::Error {
    let details = errors.into_iter().map(|error| format!("{}: {}", error.field, error.detail));
    anyhow!("{}", details.collect::<Vec<_>>().join("; "))
}
