//! The first key, from a file.

use anyhow::{Context, Result};
use hermes_domain::access::{ApiKey, FIRST_KEY_FILE_ACTOR};
use hermes_domain::ledger::{KeyCommand, NewKey, Origin, Rejection};
use hermes_domain::ports::AccessStore;
use hermes_service::writer::{LedgerWriter, SubmitError};
use secrecy::ExposeSecret;

use crate::config::{Settings, read_secret};

const VARIABLE: &str = "HERMES__ACCESS__FIRST_KEY_FILE";
/// The name of the key.
const NAME: &str = "first key";

/// Stores the key of the file that the settings name, unless a key was ever created.
///
/// Instances that start at the same time store the same key once.
///
/// # Errors
/// If the file contains no key, or the key cannot be stored. The message contains no part of the key.
pub(super) async fn store_if_none(
    settings: &Settings,
    keys: &dyn AccessStore,
    ledger: &LedgerWriter,
) -> Result<()> {
    let file = &settings.access.first_key_file;
    if file.as_os_str().is_empty() || !keys.key_table().await?.is_empty() {
        return Ok(());
    }
    let text = read_secret(file, VARIABLE)?;
    let key = ApiKey::parse(text.expose_secret().trim()).with_context(|| {
        format!("{} contains no API key; create one with `hermes keys new`", file.display())
    })?;
    let scopes = settings.access.first_key_scopes()?;
    let command = NewKey::new(&key, NAME, scopes, None).map_err(invalid)?;
    let origin = Origin { actor: FIRST_KEY_FILE_ACTOR.to_owned(), ..Origin::default() };
    match ledger.submit_key(KeyCommand::Create(command), origin).await {
        Ok(_) => log::info!("stored the first API key, {}", key.id()),
        // Another instance was first.
        Err(SubmitError::Rejected(Rejection::KeyRequired)) => {}
        Err(error) => return Err(error).context("cannot store the first API key"),
    }
    Ok(())
}

fn invalid(errors: Vec<hermes_domain::FieldError>) -> anyhow::Error {
    let details: Vec<String> = errors.into_iter().map(|error| error.detail).collect();
    anyhow::anyhow!("the first API key is invalid: {}", details.join("; "))
}
