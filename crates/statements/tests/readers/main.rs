//! The readers of bank statements: every format and version, every refusal, mutated files.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, clippy::panic, reason = "a panic fails the test")]

mod formats;
mod support;
