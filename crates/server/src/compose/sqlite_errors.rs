//! Explains the errors of an SQLite file that the operator can correct.

use std::path::Path;

use anyhow::{Error, anyhow};

/// Parts of the messages of SQLite and of the operating system, and the remedies.
const REMEDIES: [(&[&str], &str); 3] = [
    (&["disk is full", "No space left"], "the disk is full: free some space, then start Hermes again"),
    (
        &["file is not a database", "disk image is malformed"],
        "the file is damaged or belongs to another program: restore it from a backup, or set DATA_DIR to an empty folder",
    ),
    (
        &["unable to open database file", "readonly database", "Permission denied"],
        "let the user of Hermes write to the folder and its files, or set DATA_DIR to another folder",
    ),
];

/// Adds the folder and the remedy to an error of the SQLite file in `folder`.
pub(super) fn explain(error: Error, folder: &Path) -> Error {
    let text = format!("{error:#}");
    let remedy = REMEDIES.iter().find(|(causes, _)| causes.iter().any(|cause| text.contains(cause)));
    match remedy {
        Some((_, remedy)) => anyhow!("{text} (folder {}): {remedy}", folder.display()),
        None => error,
    }
}
