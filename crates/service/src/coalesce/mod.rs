//! Sharing one piece of work between concurrent callers.
//!
//! [`SingleFlight`] shares one load of a key. [`RequestCoalescer`] shares one query that is sent after every waiter
//! arrived.

mod coalescer;
mod single_flight;

pub(crate) use coalescer::{Query, RequestCoalescer};
pub(crate) use single_flight::{Role, SingleFlight};
