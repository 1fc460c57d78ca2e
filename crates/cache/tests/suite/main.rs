//! The cache on private Redis servers: the contract of `SharedCache`, and what only a real server can do wrong.
#![expect(clippy::unwrap_used, reason = "an error fails the test")]

mod connections;
mod contract;
mod harness;
mod lost_data;
mod lost_replies;
mod outage;
mod refusals;
mod signatures;
mod stored_values;
