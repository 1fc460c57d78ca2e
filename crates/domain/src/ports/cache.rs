//! The cache that instances share.

use std::fmt;

use async_trait::async_trait;

/// A random token that names one state of the list; it is compared, never counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Version(String);

/// A token that is not one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a version token")]
pub struct MalformedVersion;

/// The longest token, in bytes.
const VERSION_MAX: usize = 64;

impl Version {
    /// Takes a token as it is stored.
    ///
    /// # Errors
    /// When it is empty, too long, or not of letters, digits and hyphens.
    pub fn parse(text: &str) -> Result<Self, MalformedVersion> {
        let known = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        if text.is_empty() || text.len() > VERSION_MAX || !text.bytes().all(known) {
            return Err(MalformedVersion);
        }
        Ok(Self(text.to_owned()))
    }

    /// A token that was never used before.
    pub fn fresh(random: uuid::Uuid) -> Self {
        Self(random.simple().to_string())
    }

    /// The token.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The list of bookings as it is kept in the cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CachedList {
    /// The version that was asked for before the list was read from the database.
    pub version: Version,
    /// The head the list was read at.
    pub head_seq: i64,
    /// Where the next page starts, when the list is longer than its window.
    pub next_cursor: Option<String>,
    /// The list, as it is served.
    pub body: Vec<u8>,
}

/// Why the cache did not answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CacheError {
    /// It could not be reached, or not in time: whether it did what was asked is not known.
    #[error("cache away: {0}")]
    Away(String),
    /// It answered that it does not do what was asked (out of memory, read-only, loading).
    #[error("cache refused: {0}")]
    Refused(String),
}

/// Keeps the list of bookings for all instances.
///
/// **Promises.** A version is only ever one that [`Self::bump`] or the cache itself made fresh: after data was
/// lost (restart, failover, flush) the version is a new one and the entry is gone. [`Self::fill`] stores
/// nothing once the version has moved on. An operation that fails may still have happened.
#[async_trait]
pub trait SharedCache: Send + Sync {
    /// Asks for the version of now.
    ///
    /// # Errors
    /// When the cache does not answer; the same for all below.
    async fn version(&self) -> Result<Version, CacheError>;

    /// Fetches the entry, whatever its version.
    ///
    /// # Errors
    /// As above.
    async fn fetch(&self) -> Result<Option<CachedList>, CacheError>;

    /// Stores an entry if the version is still the entry's; tells whether it was stored.
    ///
    /// # Errors
    /// As above.
    async fn fill(&self, entry: &CachedList) -> Result<bool, CacheError>;

    /// Makes the version a fresh one and deletes the entry.
    ///
    /// # Errors
    /// As above.
    async fn bump(&self) -> Result<(), CacheError>;

    /// Tells whether the cache answers at all; `None` when there is no shared cache to ask.
    ///
    /// # Errors
    /// As above.
    async fn probe(&self) -> Result<Option<()>, CacheError>;
}
