//! Cache entries: a response body at one ledger head, ready to be sent.

use std::sync::OnceLock;

use bytes::Bytes;
use data_encoding::HEXLOWER;
use hermes_domain::ledger::HeadId;
use hermes_domain::ports::{StoredEntry, Version};
use sha2::{Digest, Sha256};

/// The bytes of the body's SHA-256 digest in an entity tag.
const ETAG_DIGEST_BYTES: usize = 12;

/// A rendered response.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rendered {
    /// The body.
    pub body: Vec<u8>,
    /// The `Link` header to neighbouring pages.
    pub link: Option<String>,
    /// A strong entity tag with its quotes. If `None`, the tag is derived from the head and the body.
    pub etag: Option<String>,
}

/// A content coding of HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// RFC 1952.
    Gzip,
    /// RFC 7932.
    Brotli,
}

/// A response body with its metadata.
#[derive(Debug)]
pub struct CacheEntry {
    /// The cache version that was current before the load, or `None` if the shared cache was down.
    pub version: Option<Version>,
    /// The ledger head of the load.
    pub head: HeadId,
    /// The `Link` header to neighbouring pages.
    pub link: Option<String>,
    /// A strong entity tag with its quotes.
    pub etag: String,
    /// The body.
    pub body: Bytes,
    gzip: OnceLock<Bytes>,
    brotli: OnceLock<Bytes>,
}

impl Encoding {
    /// All encodings, the one with the smallest result first.
    pub const ALL: [Self; 2] = [Self::Brotli, Self::Gzip];

    /// Returns the value of the `Content-Encoding` header.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Brotli => "br",
        }
    }
}

impl CacheEntry {
    /// Creates an entry from a rendered response.
    pub fn new(version: Option<Version>, head: HeadId, rendered: Rendered) -> Self {
        let Rendered { body, link, etag } = rendered;
        let etag = etag.unwrap_or_else(|| body_etag(head, &body));
        let body = Bytes::from(body);
        Self { version, head, link, etag, body, gzip: OnceLock::new(), brotli: OnceLock::new() }
    }

    /// Returns the entry for the shared cache, or `None` if the entry has no cache version.
    pub(super) fn to_stored(&self) -> Option<StoredEntry> {
        Some(StoredEntry {
            version: self.version?,
            head: self.head,
            etag: self.etag.clone(),
            link: self.link.clone(),
            body: self.body.clone(),
        })
    }

    /// Returns the slot of a compressed body. It is empty until the body has been compressed.
    pub(super) const fn compressed(&self, encoding: Encoding) -> &OnceLock<Bytes> {
        match encoding {
            Encoding::Gzip => &self.gzip,
            Encoding::Brotli => &self.brotli,
        }
    }

    /// Returns the size in bytes, without compressed bodies.
    pub(super) fn size_bytes(&self) -> usize {
        self.body.len() + self.etag.len() + self.link.as_ref().map_or(0, String::len)
    }

    /// Returns the size in bytes of all compressed bodies.
    pub(super) fn compressed_bytes(&self) -> usize {
        Encoding::ALL.into_iter().filter_map(|encoding| self.compressed(encoding).get()).map(Bytes::len).sum()
    }
}

impl From<StoredEntry> for CacheEntry {
    fn from(stored: StoredEntry) -> Self {
        let StoredEntry { version, head, etag, link, body } = stored;
        let (gzip, brotli) = Default::default();
        Self { version: Some(version), head, link, etag, body, gzip, brotli }
    }
}

/// Builds an entity tag from the head's sequence number and the body's digest.
///
/// The number alone is not unique: a failover that loses commits assigns it again.
fn body_etag(head: HeadId, body: &[u8]) -> String {
    let digest = Sha256::digest(body);
    let digest = digest.get(..ETAG_DIGEST_BYTES).unwrap_or(&digest);
    format!("\"{}-{}\"", head.seq, HEXLOWER.encode(digest))
}
