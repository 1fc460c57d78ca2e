//! The program as clients and operators use it, on every installed database, also while a server is down.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a panic fails the test"
)]

#[path = "../support/mod.rs"]
mod support;

mod access;
mod audit_verify;
mod backup;
mod bank_batches;
mod bank_sim;
mod canary;
mod clock;
mod command_line;
mod doctor;
mod erasure;
mod gate;
mod import_interleavings;
mod import_original;
mod invalid_requests;
mod journey;
mod keys;
mod least_privilege;
mod ledger_head_behind;
mod limits;
mod log_limit;
mod metrics;
mod money_histories;
mod receipts;
mod redis;
mod refund_transfers;
mod rejected_writes;
mod shutdown;
mod simulated_bank;
mod startup;
mod statements;
mod tls;
mod unsafe_settings;
