//! Load: closed loops, whose next request waits for the answer, and open ones, whose requests come when they come.

mod bookings;
mod closed;
mod http;
mod open;
mod wrk;

pub use bookings::Bookings;
pub use closed::closed;
pub use http::{Answer, Connection, get};
pub use open::{Open, Sample, open};
pub use wrk::{Wrk, WrkRun};
