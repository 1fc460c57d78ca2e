//! The ports as fakes: in memory, with faults to order and gates that force an interleaving.
#![allow(dead_code, unused_imports, reason = "every test binary uses its own part of this")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "what is missing or must not happen fails the test"
)]

mod bookings;
mod cache;
mod gate;
mod lane;
mod list;
mod logs;
mod payments;
mod reader;
mod rows;
mod store;
mod transaction;
mod visibility;

pub use bookings::{Counted, NOON, booking, cancellation, claimed, correction, email, key, rules};
pub use cache::{FakeCache, Operation};
pub use gate::{Gate, within};
pub use lane::{Answer, QUEUE_AGE_MAX, Queued, TestLane, answers, settle};
pub use list::{
    D, HEAD_DEADLINE, PAGE_LOADS_MAX, QUERIES, RETRY_CACHE_AFTER, Reading, TestList, list_of, names,
};
pub use logs::{keep_logs, taken_logs};
pub use payments::{Names, payment};
pub use reader::{Calls, FakeReader};
pub use rows::Rows;
pub use store::{FakeStore, Fault, Figures, Step};
