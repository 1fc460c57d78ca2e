//! The cache that instances share.

use std::fmt;

use async_trait::async_trait;
use bytes::Bytes;
use uuid::Uuid;

use crate::ledger::{Digest, HeadId};

/// A random token that names one state of everything that is cached; it is compared, never counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Version(Uuid);

/// A token that is not one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a version token")]
pub struct MalformedVersion;

/// The length of a token: hexadecimal digits.
const VERSION_DIGITS: usize = 32;

impl Version {
    /// Takes a token as it is stored.
    ///
    /// # Errors
    /// When it is not of 32 hexadecimal digits.
    pub fn parse(text: &str) -> Result<Self, MalformedVersion> {
        if text.len() != VERSION_DIGITS {
            return Err(MalformedVersion);
        }
        Uuid::try_parse(text).map(Self).map_err(|_| MalformedVersion)
    }

    /// A token that was never used before.
    pub const fn fresh(random: Uuid) -> Self {
        Self(random)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.simple().fmt(formatter)
    }
}

/// Which answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CacheKey {
    /// The list of bookings.
    List,
    /// Any other query, by the digest of what it asks.
    Query(Digest),
}

/// An answer as it is kept in the cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEntry {
    /// The version that was asked for before the database was read.
    pub version: Version,
    /// The head the answer was read at.
    pub head: HeadId,
    /// The entity tag, with its quotes.
    pub etag: String,
    /// The `Link` header to neighbouring pages, when there are some.
    pub link: Option<String>,
    /// The answer, as it is served.
    pub body: Bytes,
}

/// Why the cache did not answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CacheError {
    /// It could not be reached, or not in time: whether it did what was asked is not known.
    #[error("cache away: {0}")]
    Unavailable(String),
    /// It answered that it does not do what was asked (out of memory, read-only, loading).
    #[error("cache refused: {0}")]
    Refused(String),
}

/// Keeps answers for all instances.
///
/// **Promises.** A version is only ever one that [`Self::bump`] or the cache itself made fresh: after data was
/// lost (restart, failover, flush) the version is a new one and the list is gone. [`Self::fill`] stores
/// nothing once the version has moved on. An operation that fails may still have happened. An entry may be gone
/// at any time, and at most one that was filled under the very same key is found under a key.
#[async_trait]
pub trait SharedCache: Send + Sync {
    /// The version of now, if it can be told without asking anybody: only a cache in this process can.
    fn local_version(&self) -> Option<Version> {
        None
    }

    /// Asks for the version of now.
    ///
    /// # Errors
    /// When the cache does not answer; the same for all below.
    async fn version(&self) -> Result<Version, CacheError>;

    /// Fetches the entry of a key, whatever its version.
    ///
    /// # Errors
    /// As above.
    async fn get(&self, key: CacheKey) -> Result<Option<StoredEntry>, CacheError>;

    /// Stores an entry if the version is still the entry's; tells whether it was stored.
    ///
    /// # Errors
    /// As above.
    async fn put_if_version(&self, key: CacheKey, entry: &StoredEntry) -> Result<bool, CacheError>;

    /// Makes the version a fresh one and deletes the list; other entries are old by their version.
    ///
    /// # Errors
    /// As above.
    async fn invalidate(&self) -> Result<(), CacheError>;

    /// Tells whether the cache answers at all; `None` when there is no shared cache to ask.
    ///
    /// # Errors
    /// As above.
    async fn ping(&self) -> Result<Option<()>, CacheError>;
}
