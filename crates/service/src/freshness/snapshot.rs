//! The list at one head, ready to be sent.

use std::fmt::Write as _;

use bytes::Bytes;
use hermes_domain::ports::{CachedList, Version};
use sha2::{Digest, Sha256};

/// How many bytes of the body's digest make an ETag distinct.
const ETAG_DIGEST_BYTES: usize = 12;

/// The bytes of the list with what is known of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The version that was current before the list was read; none when the cache was away.
    pub version: Option<Version>,
    /// The head the list was read at.
    pub head_seq: i64,
    /// Where the next page starts, when there is one.
    pub next_cursor: Option<String>,
    /// The list as it is served.
    pub body: Bytes,
    /// A strong entity tag with its quotes.
    ///
    /// It is made of the head and of the content: after a failover of the database that lost commits the
    /// same head number can come again with other payments.
    pub etag: String,
}

impl Snapshot {
    /// Makes a snapshot of a body.
    pub fn new(version: Option<Version>, head_seq: i64, next_cursor: Option<String>, body: Vec<u8>) -> Self {
        let digest = Sha256::digest(&body);
        let mut etag = format!("\"{head_seq}-");
        for byte in digest.iter().take(ETAG_DIGEST_BYTES) {
            // Writing to a string cannot fail.
            let _written = write!(etag, "{byte:02x}");
        }
        etag.push('"');
        Self { version, head_seq, next_cursor, body: Bytes::from(body), etag }
    }

    /// The entry for the shared cache, when the snapshot has a version.
    pub(super) fn to_entry(&self) -> Option<CachedList> {
        Some(CachedList {
            version: self.version.clone()?,
            head_seq: self.head_seq,
            next_cursor: self.next_cursor.clone(),
            body: self.body.to_vec(),
        })
    }
}

impl From<CachedList> for Snapshot {
    fn from(entry: CachedList) -> Self {
        Self::new(Some(entry.version), entry.head_seq, entry.next_cursor, entry.body)
    }
}
