//! What follows a commit: making it visible, and events.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use async_trait::async_trait;
use hermes_domain::ledger::Event;
use hermes_domain::ports::EventPublisher;
use hermes_service::lane::Barrier;

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
impl Barrier for FakeBarrier {
    async fn make_visible(&self) {
        self.gate.pass().await;
        assert!(!self.panics.swap(false, Ordering::SeqCst), "on purpose: the barrier panics");
        self.passed.fetch_add(1, Ordering::SeqCst);
    }
}

/// Keeps the numbers of the events it was given.
#[derive(Default)]
pub struct FakePublisher {
    published: Mutex<Vec<i64>>,
    panics: AtomicBool,
}

impl FakePublisher {
    pub fn published(&self) -> Vec<i64> {
        self.published.lock().unwrap().clone()
    }

    pub fn panic_once(&self) {
        self.panics.store(true, Ordering::SeqCst);
    }
}

#[async_trait]
impl EventPublisher for FakePublisher {
    async fn publish(&self, events: &[Event]) {
        assert!(!self.panics.swap(false, Ordering::SeqCst), "on purpose: the publisher panics");
        self.published.lock().unwrap().extend(events.iter().map(|event| event.seq));
    }
}
