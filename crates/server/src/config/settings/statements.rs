//! The import of bank statements, and which of their matches are posted without a person.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use serde::Deserialize;

use super::within;

#[derive(Debug, Deserialize)]
pub struct Statements {
    pub max_bytes: u64,
    pub spool_dir: PathBuf,
    pub inbox: PathBuf,
    pub any_account: bool,
    pub csv_profiles: PathBuf,
}

#[derive(Debug, Deserialize)]
pub struct Reconciliation {
    pub auto_post: String,
}

impl Statements {
    pub(super) fn check(&self) -> Result<()> {
        ensure!(
            self.inbox.as_os_str().is_empty() || self.inbox != self.spool_dir,
            "statements.inbox and statements.spool_dir must be different folders"
        );
        within("statements.max_bytes", self.max_bytes, 1_024, 1_073_741_824)
    }
}
