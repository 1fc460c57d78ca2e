//! A handler that records its deliveries, and fails, panics or hangs at chosen events.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use hermes_events::{Delivery, EventHandler, HandlerError, Missed};

use crate::harness::until;

/// Records all deliveries, in order. Clones share the record.
#[derive(Clone, Default)]
pub struct RecordingHandler {
    record: Arc<Mutex<Record>>,
}

#[derive(Default)]
struct Record {
    begun: Vec<(i64, usize)>,
    handled: Vec<i64>,
    missed: Vec<Missed>,
    faults: HashMap<i64, Fault>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fault {
    Fail,
    Panic,
    Hang,
}

impl RecordingHandler {
    pub fn fail_at(&self, seq: i64) {
        self.record.lock().unwrap().faults.insert(seq, Fault::Fail);
    }

    pub fn panic_at(&self, seq: i64) {
        self.record.lock().unwrap().faults.insert(seq, Fault::Panic);
    }

    /// Makes the handler of this event hang until [`Self::recover`].
    pub fn hang_at(&self, seq: i64) {
        self.record.lock().unwrap().faults.insert(seq, Fault::Hang);
    }

    pub fn recover(&self) {
        self.record.lock().unwrap().faults.clear();
    }

    /// The events handled without an error.
    pub fn handled(&self) -> Vec<i64> {
        self.record.lock().unwrap().handled.clone()
    }

    /// The deliveries begun, each as event and delivery number.
    pub fn begun(&self) -> Vec<(i64, usize)> {
        self.record.lock().unwrap().begun.clone()
    }

    pub fn missed(&self) -> Vec<Missed> {
        self.record.lock().unwrap().missed.clone()
    }

    /// The delivery numbers of one event.
    pub fn deliveries_of(&self, seq: i64) -> Vec<usize> {
        self.begun().into_iter().filter(|(begun, _)| *begun == seq).map(|(_, number)| number).collect()
    }

    /// Waits until exactly these events were handled, in this order.
    pub async fn has_handled(&self, expected: impl IntoIterator<Item = i64>) {
        let expected: Vec<i64> = expected.into_iter().collect();
        until(async || self.handled().len() >= expected.len(), &format!("{expected:?}")).await;
        assert_eq!(self.handled(), expected);
    }

    fn fault_at(&self, seq: i64) -> Option<Fault> {
        self.record.lock().unwrap().faults.get(&seq).copied()
    }
}

#[async_trait]
impl EventHandler for RecordingHandler {
    async fn handle(&self, delivery: Delivery) -> Result<(), HandlerError> {
        let seq = delivery.event.seq;
        self.record.lock().unwrap().begun.push((seq, delivery.number));
        let fault = self.fault_at(seq);
        assert!(fault != Some(Fault::Panic), "injected panic at {seq}");
        if fault == Some(Fault::Fail) {
            return Err(format!("cannot handle {seq}").into());
        }
        while self.fault_at(seq) == Some(Fault::Hang) {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        self.record.lock().unwrap().handled.push(seq);
        Ok(())
    }

    async fn missed(&self, missed: Missed) {
        self.record.lock().unwrap().missed.push(missed);
    }
}
