//! Forcing an interleaving.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

/// How long a test waits for what must happen; time is paused, so it passes only when nothing else can happen.
const STUCK_AFTER: Duration = Duration::from_secs(3_600);

/// A place in a fake where calls stop until a test lets them through. It is open at first.
#[derive(Debug, Default)]
pub struct Gate {
    state: watch::Sender<State>,
}

#[derive(Debug, Default)]
struct State {
    closed: bool,
    /// Which closing it is, so that a call let go by one opening is not held by the next closing.
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

    /// Lets everything through, from now on.
    pub fn open(&self) {
        self.state.send_modify(|state| state.closed = false);
    }

    /// Lets one call through: the first that arrived has number 1.
    pub fn let_through(&self, number: usize) {
        self.state.send_modify(|state| state.let_through.push(number));
    }

    /// Waits until so many calls have arrived since the gate was closed.
    pub async fn arrived(&self, calls: usize) {
        let mut state = self.state.subscribe();
        let arrived = within(state.wait_for(|state| state.arrived >= calls)).await;
        drop(arrived.unwrap());
    }

    /// How many calls have arrived since the gate was closed.
    pub fn arrivals(&self) -> usize {
        self.state.borrow().arrived
    }

    /// A call of the fake passes here.
    pub async fn pass(&self) {
        let mut place = None;
        self.state.send_if_modified(|state| {
            if state.closed {
                state.arrived += 1;
                place = Some((state.closing, state.arrived));
            }
            state.closed
        });
        let Some((closing, number)) = place else { return };
        let let_go =
            |state: &State| !state.closed || state.closing != closing || state.let_through.contains(&number);
        let passed = self.state.subscribe().wait_for(let_go).await.map(|_| ());
        passed.unwrap();
    }
}

/// Awaits what must come without the test doing anything more.
pub async fn within<T>(future: impl Future<Output = T>) -> T {
    timeout(STUCK_AFTER, future).await.expect("this waits for something that never happens")
}
