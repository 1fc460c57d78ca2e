//! The publisher and the consumer on private Redis servers, and the contract of `EventPublisher`.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "an error fails the test")]

mod claiming;
mod consumer_outage;
mod contract;
mod dead_letters;
mod following;
mod harness;
mod publisher;
mod recording_handler;
mod trimmed;
mod unavailable_record;
