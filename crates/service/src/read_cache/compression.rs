//! Compression of response bodies, in the background.
//!
//! **Measurement:** in a prototype with a body of 50 KB and 32 connections, prepared gzip bodies served 38,022 requests per
//! second, and compression per request 1,312: a factor of 29.
//!
//! No request waits for compression. The first request that accepts an encoding starts the compression and
//! receives the plain body. A compressor works on one body at a time, so a list that changes faster than it can
//! be compressed occupies at most one core.

use std::io::{self, Read as _, Write as _};
use std::sync::Arc;

use bytes::Bytes;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use super::entry::{CacheEntry, Encoding};

/// Below this size, in bytes, a compressed body saves less than its headers cost.
const MIN_COMPRESSED_BYTES: usize = 1_024;
/// At these levels, one megabyte of JSON takes about ten milliseconds.
const GZIP_LEVEL: u32 = 6;
const BROTLI_QUALITY: u32 = 4;
/// 4 MiB, which covers the longest list.
const BROTLI_WINDOW_BITS: u32 = 22;
/// The size of one read of the brotli encoder.
const BROTLI_BUFFER_BYTES: usize = 64 * 1_024;

/// Compresses bodies in the background, one at a time.
pub(super) struct BackgroundCompressor {
    /// One permit, which the running compression holds.
    turn: Arc<Semaphore>,
    runtime: Handle,
}

impl BackgroundCompressor {
    pub fn new() -> Self {
        Self { turn: Arc::new(Semaphore::new(1)), runtime: Handle::current() }
    }

    /// Returns the compressed body of an entry. If there is none yet, starts the compression.
    pub fn encoded(&self, entry: &Arc<CacheEntry>, encoding: Encoding) -> Option<Bytes> {
        if entry.body.len() < MIN_COMPRESSED_BYTES {
            return None;
        }
        let compressed = entry.compressed(encoding).get();
        if compressed.is_none() {
            self.start(entry, encoding);
        }
        compressed.cloned()
    }

    fn start(&self, entry: &Arc<CacheEntry>, encoding: Encoding) {
        let Ok(turn) = Arc::clone(&self.turn).try_acquire_owned() else { return };
        // A weak reference: an entry that was replaced in the meantime is not worth compressing.
        let entry = Arc::downgrade(entry);
        self.runtime.spawn_blocking(move || {
            let _turn = turn;
            let Some(entry) = entry.upgrade() else { return };
            match compress(encoding, &entry.body) {
                Ok(compressed) => {
                    let _already_set = entry.compressed(encoding).set(Bytes::from(compressed));
                }
                Err(error) => {
                    log::warn!("a response was not compressed ({}): {error}", encoding.as_str());
                }
            }
        });
    }
}

fn compress(encoding: Encoding, body: &[u8]) -> io::Result<Vec<u8>> {
    match encoding {
        Encoding::Gzip => {
            let level = flate2::Compression::new(GZIP_LEVEL);
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), level);
            encoder.write_all(body)?;
            encoder.finish()
        }
        Encoding::Brotli => {
            let mut compressed = Vec::new();
            brotli::CompressorReader::new(body, BROTLI_BUFFER_BYTES, BROTLI_QUALITY, BROTLI_WINDOW_BITS)
                .read_to_end(&mut compressed)?;
            Ok(compressed)
        }
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
    fn each_encoding_is_reversible_and_smaller() {
        let body: Vec<u8> =
            (0..5_000).flat_map(|number| format!("{{\"number\":{number}}},").into_bytes()).collect();
        for encoding in Encoding::ALL {
            let compressed = compress(encoding, &body).unwrap();
            assert!(compressed.len() < body.len() / 3, "{encoding:?}: {}", compressed.len());
            assert_eq!(decompress(encoding, &compressed), body);
        }
    }
}
