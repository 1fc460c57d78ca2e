//! The readers of bank statements: every format and version, every refusal, mutated files.
#![allow(
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a panic fails the test"
)]

mod allocations;
mod camt;
mod csv_files;
mod formats;
mod identities;
mod mt940;
mod mutations;
mod refusals;
mod support;
mod zip_files;
