//! The use cases of Hermes, over the ports of the domain.
//!
//! * [`lane`]: every change goes through one task that carries out batches of commands.
//! * [`freshness`]: the list of bookings out of three caches, never stale.
//! * [`events`]: from the outbox to those who follow events.
//! * [`housekeeping`]: forgetting what need not be kept.

mod coalesce;
pub mod housekeeping;
pub mod outbox;
mod purge;
pub mod read_cache;
pub mod writer;
