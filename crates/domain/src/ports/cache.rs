//! The port of the cache that all instances share (L2).

use std::fmt;

use async_trait::async_trait;
use bytes::Bytes;
use uuid::Uuid;

use crate::ledger::{Digest, HeadId};

/// A cache version: a random token that every write replaces. Versions are compared for equality only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Version(Uuid);

/// The length of a version's text, in hexadecimal digits.
const VERSION_LENGTH: usize = 32;

impl Version {
    /// Parses a stored version: 32 hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != VERSION_LENGTH {
            return None;
        }
        Uuid::try_parse(text).ok().map(Self)
    }

    /// Creates a new version from a random value.
    pub const fn new(random: Uuid) -> Self {
        Self(random)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.simple().fmt(formatter)
    }
}

/// The key of a cache entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CacheKey {
    /// The list of bookings.
    List,
    /// Any other query, by its digest.
    Query(Digest),
}

/// A response as stored in the cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEntry {
    /// The cache version read before the database was read.
    pub version: Version,
    /// The ledger head at which the response was read.
    pub head: HeadId,
    /// The entity tag, with its quotes.
    pub etag: String,
    /// The `Link` header to adjacent pages, if there are any.
    pub link: Option<String>,
    /// The response body.
    pub body: Bytes,
}

/// Why a cache operation failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CacheError {
    /// The cache did not reply in time. The operation may or may not have happened.
    #[error("cache unavailable: {0}")]
    Unavailable(String),
    /// The cache replied with an error, such as out of memory, read-only or loading.
    #[error("cache refused: {0}")]
    Refused(String),
}

/// Stores responses for all instances.
///
/// # Contract
/// * Only [`Self::invalidate`] and the loss of data (restart, failover, flush) change the version. The new version is
///   random and was never used before. The list of the earlier version is no longer stored.
/// * [`Self::put_if_version`] stores nothing once the version has changed.
/// * An entry may disappear at any time. A key only returns an entry that was stored under the same key.
/// * A failed operation may still have happened.
///
/// # Errors
/// All methods return an error if the cache does not reply or refuses the operation.
#[async_trait]
pub trait SharedCache: Send + Sync {
    /// Returns the current version if it is known without I/O, which only an in-process cache can do.
    fn local_version(&self) -> Option<Version> {
        None
    }

    /// Returns the current version.
    async fn version(&self) -> Result<Version, CacheError>;

    /// Returns the entry of a key, regardless of its version.
    async fn get(&self, key: CacheKey) -> Result<Option<StoredEntry>, CacheError>;

    /// Stores an entry if the current version equals the entry's version. Returns whether the entry was stored.
    async fn put_if_version(&self, key: CacheKey, entry: &StoredEntry) -> Result<bool, CacheError>;

    /// Replaces the version and deletes the list. All other entries become stale through their version.
    async fn invalidate(&self) -> Result<(), CacheError>;

    /// Replaces the version and deletes all entries, also those that no instance serves any more. For erased personal data.
    async fn clear(&self) -> Result<(), CacheError> {
        self.invalidate().await
    }

    /// Checks that the cache replies. Returns `None` if there is no shared cache.
    async fn ping(&self) -> Result<Option<()>, CacheError>;
}
