//! What a read comes to.

use std::sync::Arc;

use hermes_domain::ports::StoreError;

use super::CacheEntry;

/// Which cache a read was served from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheTier {
    /// Bytes in this process.
    L1,
    /// The shared cache.
    L2,
    /// The database.
    Db,
}

impl CacheTier {
    /// The word of the `Hermes-Cache` header and of metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::L1 => "l1",
            Self::L2 => "l2",
            Self::Db => "db",
        }
    }
}

/// An answer that was read.
#[derive(Debug, Clone)]
pub struct CachedResponse {
    /// The answer.
    pub snapshot: Arc<CacheEntry>,
    /// Where it came from.
    pub tier: CacheTier,
    /// Whether the database could confirm it; only [`UnverifiedReads::Serve`](super::UnverifiedReads::Serve) lets one pass that is not.
    pub verified: bool,
}

/// Why there is no answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ReadError {
    /// The database cannot be read, and no cache may answer in its place.
    #[error("the ledger cannot be read: {0}")]
    Store(#[from] StoreError),
}
