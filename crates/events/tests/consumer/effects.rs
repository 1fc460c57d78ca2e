//! A handler that writes down what it is handed, and fails, panics or hangs where a test wants it to.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use hermes_events::{Delivery, EventHandler, HandlerError, Missed};

/// Everything that was handed to the handlers of a test, in order.
#[derive(Clone, Default)]
pub struct Effects {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
struct Inner {
    begun: Vec<(i64, usize)>,
    done: Vec<i64>,
    missed: Vec<Missed>,
    failing: HashSet<i64>,
    panicking: HashSet<i64>,
    hanging: HashSet<i64>,
}

impl Effects {
    pub fn fail_at(&self, seq: i64) {
        self.inner.lock().unwrap().failing.insert(seq);
    }

    pub fn panic_at(&self, seq: i64) {
        self.inner.lock().unwrap().panicking.insert(seq);
    }

    /// The handler never comes back from this event, until it is recovered.
    pub fn hang_at(&self, seq: i64) {
        self.inner.lock().unwrap().hanging.insert(seq);
    }

    pub fn recover(&self) {
        let mut inner = self.inner.lock().unwrap();
        inner.failing.clear();
        inner.panicking.clear();
        inner.hanging.clear();
    }

    /// What had an effect.
    pub fn done(&self) -> Vec<i64> {
        self.inner.lock().unwrap().done.clone()
    }

    /// What was handed over, each with the number of the delivery.
    pub fn begun(&self) -> Vec<(i64, usize)> {
        self.inner.lock().unwrap().begun.clone()
    }

    /// What it was told that it never gets.
    pub fn missed(&self) -> Vec<Missed> {
        self.inner.lock().unwrap().missed.clone()
    }

    /// The deliveries of one event.
    pub fn deliveries_of(&self, seq: i64) -> Vec<usize> {
        self.begun().into_iter().filter(|(begun, _)| *begun == seq).map(|(_, number)| number).collect()
    }

    fn hangs_at(&self, seq: i64) -> bool {
        self.inner.lock().unwrap().hanging.contains(&seq)
    }
}

#[async_trait]
impl EventHandler for Effects {
    async fn handle(&self, delivery: Delivery) -> Result<(), HandlerError> {
        let seq = delivery.event.seq;
        let (fails, panics) = {
            let mut inner = self.inner.lock().unwrap();
            inner.begun.push((seq, delivery.number));
            (inner.failing.contains(&seq), inner.panicking.contains(&seq))
        };
        assert!(!panics, "on purpose: the handler panics at {seq}");
        if fails {
            return Err(format!("cannot take {seq}").into());
        }
        while self.hangs_at(seq) {
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        }
        self.inner.lock().unwrap().done.push(seq);
        Ok(())
    }

    async fn missed(&self, missed: Missed) {
        self.inner.lock().unwrap().missed.push(missed);
    }
}
