//! Compressed forms of an answer, made once, away from the requests.
//!
//! Nobody waits for one: the first request that could take a form is the reason to make it and is answered
//! without. One form is made at a time in the whole process, so that a list that changes faster than it can be
//! compressed costs one processor at the most, and a form that is not wanted is never made.

use std::io::{self, Read as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use tokio::runtime::Handle;

use super::CacheEntry;

/// Below this many bytes a compressed form saves less than its headers cost.
const COMPRESSED_MIN: usize = 1_024;
/// Levels at which a megabyte of JSON takes some ten milliseconds.
const GZIP_LEVEL: u32 = 6;
const BROTLI_QUALITY: u32 = 4;
/// The window of brotli: 4 MiB, which holds the longest list.
const BROTLI_WINDOW_BITS: u32 = 22;
/// The memory that brotli reads at once.
const BROTLI_BUFFER_BYTES: usize = 64 * 1_024;

/// A content coding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// RFC 1952.
    Gzip,
    /// RFC 7932.
    Brotli,
}

/// The forms that have been made.
#[derive(Debug, Default)]
pub(super) struct CompressedBodies {
    gzip: OnceLock<Bytes>,
    brotli: OnceLock<Bytes>,
}

/// Makes forms in the background, one at a time.
pub(super) struct BackgroundCompressor {
    busy: Arc<AtomicBool>,
    runtime: Handle,
}

impl Encoding {
    /// All, the smallest result first.
    pub const ALL: [Self; 2] = [Self::Brotli, Self::Gzip];

    /// The word of the `Content-Encoding` header.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Brotli => "br",
        }
    }

    /// Compresses.
    ///
    /// # Errors
    /// When the library does not.
    fn compress(self, body: &[u8]) -> io::Result<Vec<u8>> {
        match self {
            Self::Gzip => {
                let mut encoder =
                    flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(GZIP_LEVEL));
                encoder.write_all(body)?;
                encoder.finish()
            }
            Self::Brotli => {
                let mut compressed = Vec::new();
                brotli::CompressorReader::new(body, BROTLI_BUFFER_BYTES, BROTLI_QUALITY, BROTLI_WINDOW_BITS)
                    .read_to_end(&mut compressed)?;
                Ok(compressed)
            }
        }
    }
}

impl CompressedBodies {
    fn slot(&self, encoding: Encoding) -> &OnceLock<Bytes> {
        match encoding {
            Encoding::Gzip => &self.gzip,
            Encoding::Brotli => &self.brotli,
        }
    }

    /// The memory of all forms.
    pub fn bytes(&self) -> usize {
        [&self.gzip, &self.brotli].iter().filter_map(|slot| slot.get()).map(Bytes::len).sum()
    }
}

impl BackgroundCompressor {
    pub fn new() -> Self {
        Self { busy: Arc::default(), runtime: Handle::current() }
    }

    /// The form of an answer, if it has been made; if not, it may be there for the next request.
    pub fn encoded(&self, snapshot: &Arc<CacheEntry>, encoding: Encoding) -> Option<Bytes> {
        if snapshot.body.len() < COMPRESSED_MIN {
            return None;
        }
        let made = snapshot.encodings.slot(encoding).get();
        if made.is_none() {
            self.begin(snapshot, encoding);
        }
        made.cloned()
    }

    fn begin(&self, snapshot: &Arc<CacheEntry>, encoding: Encoding) {
        if self.busy.swap(true, Ordering::AcqRel) {
            return;
        }
        let turn = BusyGuard(Arc::clone(&self.busy));
        // Held weakly: an answer that was replaced before its turn is not worth compressing.
        let snapshot = Arc::downgrade(snapshot);
        self.runtime.spawn_blocking(move || {
            let _turn = turn;
            let Some(snapshot) = snapshot.upgrade() else { return };
            match encoding.compress(&snapshot.body) {
                Ok(compressed) => {
                    let _made_already = snapshot.encodings.slot(encoding).set(Bytes::from(compressed));
                }
                Err(error) => log::warn!("an answer was not compressed ({}): {error}", encoding.as_str()),
            }
        });
    }
}

/// Lets the next one be made, whatever became of this one.
struct BusyGuard(Arc<AtomicBool>);

impl Drop for BusyGuard {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decompress(encoding: Encoding, bytes: &[u8]) -> Vec<u8> {
        let mut plain = Vec::new();
        match encoding {
            Encoding::Gzip => flate2::read::GzDecoder::new(bytes).read_to_end(&mut plain),
            Encoding::Brotli => brotli::Decompressor::new(bytes, BROTLI_BUFFER_BYTES).read_to_end(&mut plain),
        }
        .unwrap();
        plain
    }

    #[test]
    fn every_form_is_the_answer_again_and_smaller() {
        let body: Vec<u8> =
            (0..5_000).flat_map(|number| format!("{{\"number\":{number}}},").into_bytes()).collect();
        for encoding in Encoding::ALL {
            let compressed = encoding.compress(&body).unwrap();
            assert!(compressed.len() < body.len() / 3, "{encoding:?}: {}", compressed.len());
            assert_eq!(decompress(encoding, &compressed), body);
        }
    }
}
