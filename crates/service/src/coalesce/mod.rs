//! Sharing one piece of work between concurrent callers.
//!
//! [`SingleFlight`] shares one load of a key: a caller may join a load that started before the caller arrived.
//! [`RequestCoalescer`] shares one query between callers that all arrived before the query was sent.

mod coalescer;
mod single_flight;

pub(crate) use coalescer::{CoalescedQuery, RequestCoalescer};
pub(crate) use single_flight::{Role, SingleFlight};
