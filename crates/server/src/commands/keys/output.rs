//! Writes the text of a key once: to standard output, or to a file that only its owner can read.

use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use anyhow::{Context, Error, Result};
use hermes_domain::access::{ApiKey, KeyRecord};
use hermes_web::dto::{CreatedKeyBody, KeyBody};

use crate::cli::KeyOutput;

const PRIVATE_FILE: u32 = 0o600;

/// The destination of the text of a key.
pub(super) enum SecretOutput {
    Text,
    Json,
    File(PathBuf, File),
}

impl SecretOutput {
    /// Opens the destination. A file is created before the key, because an error afterwards would lose the text.
    ///
    /// # Errors
    /// If the file exists or cannot be created.
    pub fn open(output: KeyOutput) -> Result<Self> {
        let Some(path) = output.out else { return Ok(if output.json { Self::Json } else { Self::Text }) };
        let file = File::options().write(true).create_new(true).mode(PRIVATE_FILE).open(&path);
        let file = file.map_err(|error| {
            let remedy = match error.kind() {
                ErrorKind::AlreadyExists => "; --out needs a file that does not exist yet",
                _ => "",
            };
            Error::new(error).context(format!("cannot create {}{remedy}", path.display()))
        })?;
        Ok(Self::File(path, file))
    }

    /// Writes the text of a key if its command succeeded, and returns what to print.
    ///
    /// # Errors
    /// The error of the command; its file is removed again. Or the file cannot be written.
    pub fn write(self, changed: Result<KeyRecord>, key: &ApiKey) -> Result<String> {
        let record = match (changed, &self) {
            (Ok(record), _) => record,
            (Err(error), Self::File(path, _)) => {
                // The file is empty. If it cannot be removed, the error of the command is more important.
                let _ = fs::remove_file(path);
                return Err(error);
            }
            (Err(error), Self::Text | Self::Json) => return Err(error),
        };
        match self {
            Self::Text => Ok(key.expose()),
            Self::Json => {
                let body = CreatedKeyBody { record: KeyBody::new(&record, None), key: key.expose() };
                Ok(serde_json::to_string_pretty(&body)?)
            }
            Self::File(path, mut file) => {
                let written = writeln!(file, "{}", key.expose()).and_then(|()| file.sync_all());
                let (id, path) = (record.id, path.display());
                written.with_context(|| {
                    format!("cannot write {path}; the text of key {id} is lost: rotate or revoke the key")
                })?;
                Ok(format!("wrote key {id} ({}) to {path}", record.name))
            }
        }
    }
}
