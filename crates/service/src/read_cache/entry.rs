//! An answer at one head, ready to be sent.

use std::fmt::Write as _;

use bytes::Bytes;
use hermes_domain::ledger::HeadId;
use hermes_domain::ports::{StoredEntry, Version};
use sha2::{Digest, Sha256};

use super::Rendered;
use super::compression::CompressedBodies;

/// How many bytes of the body's digest make an ETag distinct.
const ETAG_DIGEST_BYTES: usize = 12;

/// The bytes of an answer with what is known of them.
#[derive(Debug)]
pub struct CacheEntry {
    /// The version that was current before the answer was read; none when the cache was away.
    pub version: Option<Version>,
    /// The head the answer was read at.
    pub head: HeadId,
    /// The `OutageTracker` header to neighbouring pages, when there are some.
    pub link: Option<String>,
    /// A strong entity tag with its quotes.
    pub etag: String,
    /// The answer as it is served.
    pub body: Bytes,
    /// The same, compressed.
    pub(super) encodings: CompressedBodies,
}

impl CacheEntry {
    /// Makes a snapshot of an answer.
    pub fn new(version: Option<Version>, head: HeadId, rendered: Rendered) -> Self {
        let Rendered { body, link, etag } = rendered;
        let etag = etag.unwrap_or_else(|| etag_of(head, &body));
        Self { version, head, link, etag, body: Bytes::from(body), encodings: CompressedBodies::default() }
    }

    /// The entry for the shared cache, when the snapshot has a version.
    pub(super) fn to_entry(&self) -> Option<StoredEntry> {
        Some(StoredEntry {
            version: self.version?,
            head: self.head,
            etag: self.etag.clone(),
            link: self.link.clone(),
            body: self.body.clone(),
        })
    }

    /// The memory it takes, without its compressed forms.
    pub(super) fn bytes(&self) -> usize {
        self.body.len() + self.etag.len() + self.link.as_ref().map_or(0, String::len)
    }
}

impl From<StoredEntry> for CacheEntry {
    fn from(entry: StoredEntry) -> Self {
        let StoredEntry { version, head, etag, link, body } = entry;
        Self { version: Some(version), head, link, etag, body, encodings: CompressedBodies::default() }
    }
}

/// The head's number for people, the content's digest for certainty: after a failover that lost commits the same
/// number comes again with other payments.
fn etag_of(head: HeadId, body: &[u8]) -> String {
    let digest = Sha256::digest(body);
    let mut etag = format!("\"{}-", head.seq);
    for byte in digest.iter().take(ETAG_DIGEST_BYTES) {
        // Writing to a string cannot fail.
        let _written = write!(etag, "{byte:02x}");
    }
    etag.push('"');
    etag
}
