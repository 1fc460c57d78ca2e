//! Keeping idempotency records only as long as they are promised.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::StoreError;

/// Forgets old idempotency records.
#[async_trait]
pub trait IdempotencyStore: Send + Sync {
    /// Deletes at most `limit` records from before an instant; tells how many it were.
    ///
    /// # Errors
    /// On a fault of the database.
    async fn purge_idempotency(&self, before: DateTime<Utc>, limit: u64) -> Result<u64, StoreError>;
}
