//! What only a cache on a real server can do wrong: lose data, go away, refuse, and be written to by others.
#![expect(clippy::unwrap_used, reason = "a cache that fails here fails the test")]

mod away;
mod connections;
mod expiry;
mod foreign_values;
mod lost_answers;
mod lost_data;
mod refused;
mod scene;
mod settings;
