//! Gates and call counters inside fakes, to force an interleaving of tasks.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

/// A test fails if what it awaits takes longer. Paused time advances only when every task is idle.
const STUCK_AFTER: Duration = Duration::from_secs(3_600);

/// Stops the calls of a fake until the test lets them through. A new gate is open.
#[derive(Debug, Default)]
pub struct Gate {
    state: watch::Sender<State>,
}

#[derive(Debug, Default)]
struct State {
    closed: bool,
    /// Counts the closings. A call released by one opening is not stopped by the next closing.
    closing: u64,
    arrived: usize,
    let_through: Vec<usize>,
}

impl Gate {
    /// Stops the calls that arrive from now on.
    pub fn close(&self) {
        self.state.send_modify(|state| {
            *state = State { closed: true, closing: state.closing + 1, ..State::default() }
        });
    }

    /// Lets every call through.
    pub fn open(&self) {
        self.state.send_modify(|state| state.closed = false);
    }

    /// Lets one call through. The first call that arrived has number 1.
    pub fn let_through(&self, number: usize) {
        self.state.send_modify(|state| state.let_through.push(number));
    }

    /// Waits until `calls` calls have arrived since the gate closed.
    pub async fn arrived(&self, calls: usize) {
        let mut state = self.state.subscribe();
        let arrived = within(state.wait_for(|state| state.arrived >= calls)).await;
        drop(arrived.unwrap());
    }

    /// Returns how many calls have arrived since the gate closed.
    pub fn arrivals(&self) -> usize {
        self.state.borrow().arrived
    }

    /// Passes the gate, in a call of a fake.
    pub async fn pass(&self) {
        let mut stopped = None;
        self.state.send_if_modified(|state| {
            if state.closed {
                state.arrived += 1;
                stopped = Some((state.closing, state.arrived));
            }
            state.closed
        });
        let Some((closing, number)) = stopped else { return };
        let released =
            |state: &State| !state.closed || state.closing != closing || state.let_through.contains(&number);
        let passed = self.state.subscribe().wait_for(released).await.map(|_| ());
        passed.unwrap();
    }
}

/// Counts the calls of one operation.
#[derive(Debug, Default)]
pub struct CallCounter {
    started: AtomicUsize,
    completed: AtomicUsize,
    running: AtomicUsize,
    peak: AtomicUsize,
}

/// A running call. Dropping it before [`CountedCall::complete`] counts it as cancelled.
#[derive(Debug)]
pub struct CountedCall<'a>(&'a CallCounter);

impl CallCounter {
    /// Counts a call that starts.
    pub fn start(&self) -> CountedCall<'_> {
        self.started.fetch_add(1, Ordering::SeqCst);
        let running = self.running.fetch_add(1, Ordering::SeqCst) + 1;
        self.peak.fetch_max(running, Ordering::SeqCst);
        CountedCall(self)
    }

    /// Returns the number of calls that started.
    pub fn count(&self) -> usize {
        self.started.load(Ordering::SeqCst)
    }

    /// Returns the largest number of calls that ran at the same time.
    pub fn peak(&self) -> usize {
        self.peak.load(Ordering::SeqCst)
    }

    /// Returns the number of calls that were dropped before they completed.
    pub fn cancelled(&self) -> usize {
        self.count() - self.completed.load(Ordering::SeqCst) - self.running.load(Ordering::SeqCst)
    }
}

impl CountedCall<'_> {
    /// Marks the call as completed.
    pub fn complete(self) {
        self.0.completed.fetch_add(1, Ordering::SeqCst);
    }
}

impl Drop for CountedCall<'_> {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Awaits a future that must complete without another step of the test.
pub async fn within<T>(future: impl Future<Output = T>) -> T {
    timeout(STUCK_AFTER, future).await.expect("the future completes")
}
