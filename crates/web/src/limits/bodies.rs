//! The memory of all request bodies of the process.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts the bytes of request bodies in memory. Clones share the count.
#[derive(Debug, Clone)]
pub struct BodyMemory {
    /// The maximum, in bytes.
    max: usize,
    used: Arc<AtomicUsize>,
}

/// The bytes of one body. Dropping this value releases them.
#[derive(Debug)]
pub struct BodyBytes {
    memory: BodyMemory,
    size: usize,
}

impl BodyMemory {
    /// Creates a count with a maximum in bytes; 0 means no maximum.
    pub fn new(max: usize) -> Self {
        Self { max: if max == 0 { usize::MAX } else { max }, used: Arc::default() }
    }

    /// Starts to count a body.
    ///
    /// The announced length does not count, because a client could reserve memory without sending anything.
    pub fn start(&self) -> BodyBytes {
        BodyBytes { memory: self.clone(), size: 0 }
    }
}

impl BodyBytes {
    /// Counts more bytes of the body; returns false if all bodies together would exceed the maximum.
    #[must_use]
    pub fn grow(&mut self, size: usize) -> bool {
        let used = self.memory.used.fetch_add(size, Ordering::Relaxed);
        self.size += size;
        // If the bytes do not fit, the caller drops this value, which releases them.
        used.saturating_add(size) <= self.memory.max
    }
}

impl Drop for BodyBytes {
    fn drop(&mut self) {
        self.memory.used.fetch_sub(self.size, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_share_the_maximum_and_release_their_bytes() {
        let memory = BodyMemory::new(100);
        let mut first = memory.start();
        assert!(first.grow(60) && first.grow(40));
        let mut second = memory.start();
        assert!(!second.grow(1));
        drop(second);
        drop(first);
        assert!(memory.start().grow(100));
        assert!(!memory.start().grow(101));
        assert_eq!(memory.used.load(Ordering::Relaxed), 0);
        assert!(BodyMemory::new(0).start().grow(1 << 40));
    }
}
