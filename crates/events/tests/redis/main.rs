//! What only a stream on a real server can do wrong: lose data, go away, refuse, grow, and be written to by others.
#![expect(clippy::unwrap_used, reason = "a stream that fails here fails the test")]

mod away;
mod entries;
mod lost_data;
mod scene;
