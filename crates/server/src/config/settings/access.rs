//! API keys, and who has access before the first one exists.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use chrono::TimeDelta;
use hermes_domain::access::{ScopeSet, UnknownScope};
use hermes_domain::ledger::KEY_ROTATION_DAYS_MAX;
use serde::Deserialize;

use super::{list_or_commas, within};

#[derive(Debug, Deserialize)]
pub struct Access {
    pub mode: AccessMode,
    pub grace_s: u64,
    pub server_key_file: PathBuf,
    pub first_key_file: PathBuf,
    #[serde(deserialize_with = "list_or_commas")]
    pub first_key_scopes: Vec<String>,
    pub rotation_days: u8,
}

/// Who has access before the first API key exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AccessMode {
    /// Every program on this machine, in development on a loopback address. Otherwise nobody.
    Auto,
    /// Nobody.
    Closed,
}

impl Access {
    /// Returns the scopes of the first key.
    ///
    /// # Errors
    /// If a name is unknown.
    pub fn first_key_scopes(&self) -> Result<ScopeSet, UnknownScope> {
        ScopeSet::parse(&self.first_key_scopes.join(" "))
    }

    /// Returns how long the earlier secrets of a rotated key remain valid.
    pub fn key_overlap(&self) -> TimeDelta {
        TimeDelta::days(i64::from(self.rotation_days))
    }

    pub(super) fn check(&self) -> Result<()> {
        within("access.grace_s", self.grace_s, 0, 3_600)?;
        within("access.rotation_days", self.rotation_days.into(), 0, KEY_ROTATION_DAYS_MAX.into())?;
        let scopes = self.first_key_scopes().context("access.first_key_scopes")?;
        ensure!(!scopes.is_empty(), "access.first_key_scopes is empty");
        Ok(())
    }
}
