//! Points at which a process under test dies as if its power were cut.
//!
//! A booking passes [`Point`]s on its way. `HERMES_TEST_FAULT_POINT=after-commit:3` kills the process, with `SIGKILL`
//! and by its own hand, when `after-commit` is passed for the third time; `commit-sent:1:500` does so half a
//! millisecond later than it otherwise would. Without the variable nothing happens.
//!
//! **Invariant:** only tests have this. The crates on the way know it through their feature `fault-injection`
//! alone, which nothing but a test's own dependencies switches on, so a plain build has neither the points nor
//! this crate in it.

mod armed;
mod point;

use std::future::poll_fn;
use std::pin::pin;

pub use armed::VARIABLE;
pub use point::Point;

/// Passes a point.
pub fn pass(point: Point) {
    armed::pass(point);
}

/// Carries a future out; its point is passed when the future has done all it can and waits for somebody else.
///
/// A request over a connection is on its way at that moment, and its answer has not been read.
pub async fn pass_while_waiting<F: Future>(point: Point, future: F) -> F::Output {
    let mut future = pin!(future);
    let mut passed = false;
    poll_fn(|context| {
        let polled = future.as_mut().poll(context);
        if polled.is_pending() && !passed {
            passed = true;
            pass(point);
        }
        polled
    })
    .await
}
