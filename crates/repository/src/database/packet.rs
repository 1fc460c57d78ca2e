//! The largest packet that a server takes.

use std::sync::atomic::{AtomicUsize, Ordering};

/// `max_allowed_packet` in bytes, as the last connection was told; SQLite has no such limit.
#[derive(Debug)]
pub(crate) struct MaxAllowedPacket(AtomicUsize);

impl Default for MaxAllowedPacket {
    fn default() -> Self {
        Self(AtomicUsize::new(usize::MAX))
    }
}

impl MaxAllowedPacket {
    pub(super) fn learn(&self, bytes: usize) {
        self.0.store(bytes, Ordering::Relaxed);
    }

    pub(crate) fn bytes(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}
