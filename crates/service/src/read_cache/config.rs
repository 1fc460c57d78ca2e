//! Configuration and dependencies of the read cache.

use std::sync::Arc;
use std::time::Duration;

use hermes_domain::ports::{PaymentReader, SharedCache};

use super::query::Renderer;

/// Configuration of a [`ReadCache`](super::ReadCache).
#[derive(Debug, Clone, Copy)]
pub struct ReadCacheConfig {
    /// D: how long a cached head is valid, and how long a write waits if its invalidation failed.
    pub staleness_bound: Duration,
    /// How long a read waits for the ledger head before it treats the database as down.
    pub head_deadline: Duration,
    /// How long reads and writes skip a shared cache that is down before one of them tries it again.
    pub retry_cache_after: Duration,
    /// The number of newest payments in the list.
    pub window: u64,
    /// The number of pages that may load at the same time.
    pub page_loads_max: usize,
    /// Limits of the L1 entries other than the list.
    pub queries: QueryLimits,
    /// The response to a read whose entry cannot be verified.
    pub unverified_reads: UnverifiedReads,
}

/// Limits of the L1 entries other than the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueryLimits {
    /// The number of entries.
    pub count_max: u64,
    /// The bytes of all entries together.
    pub bytes_max: u64,
}

/// The response to a read whose entry has the current cache version while the ledger head cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnverifiedReads {
    /// Serve the entry with [`CachedResponse::verified`](super::CachedResponse::verified) set to `false`.
    Serve,
    /// Fail the read.
    Reject,
}

/// Dependencies of a [`ReadCache`](super::ReadCache).
#[derive(Clone)]
pub struct ReadCacheDeps {
    /// The cache that instances share.
    pub cache: Arc<dyn SharedCache>,
    /// The database.
    pub reader: Arc<dyn PaymentReader>,
    /// Turns rows into response bodies.
    pub renderer: Arc<dyn Renderer>,
}
