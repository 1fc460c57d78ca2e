//! What follows a commit: making it visible.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use async_trait::async_trait;
use hermes_service::writer::VisibilityBarrier;

use super::gate::Gate;

/// A barrier that tests hold up.
#[derive(Default)]
pub struct FakeBarrier {
    pub gate: Gate,
    passed: AtomicUsize,
    panics: AtomicBool,
}

impl FakeBarrier {
    /// How many batches were made visible.
    pub fn passed(&self) -> usize {
        self.passed.load(Ordering::SeqCst)
    }

    pub fn panic_once(&self) {
        self.panics.store(true, Ordering::SeqCst);
    }
}

#[async_trait]
impl VisibilityBarrier for FakeBarrier {
    async fn wait_until_visible(&self) {
        self.gate.pass().await;
        assert!(!self.panics.swap(false, Ordering::SeqCst), "on purpose: the barrier panics");
        self.passed.fetch_add(1, Ordering::SeqCst);
    }
}
