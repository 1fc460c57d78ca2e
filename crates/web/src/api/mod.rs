//! The HTTP API: one endpoint per file, handler first.

pub mod bookings;
pub mod events;
pub mod health;
pub mod keys;
pub mod stats;

pub(crate) mod docs;
