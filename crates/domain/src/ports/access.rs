//! The port that reads the table of keys and records their use.

use std::collections::HashMap;

use async_trait::async_trait;
use chrono::NaiveDate;

use super::StoreError;
use crate::access::{KeyId, KeyTable};

/// Reads the keys, and records their use.
///
/// # Errors
/// All methods return an error if the database fails.
#[async_trait]
pub trait AccessStore: Send + Sync {
    /// Reads every key and secret, and the number of their changes in the same snapshot.
    async fn key_table(&self) -> Result<KeyTable, StoreError>;

    /// Records that a key was used on a day (UTC). The record is not part of the ledger.
    async fn record_use(&self, key: KeyId, day: NaiveDate) -> Result<(), StoreError>;

    /// Reads the last day (UTC) on which each key was used. Keys that were never used are absent.
    async fn last_uses(&self) -> Result<HashMap<KeyId, NaiveDate>, StoreError>;
}
