//! The ledger's database.
//!
//! **Round trips** of a batch of *n* bookings on a server: BEGIN, the head, the idempotency keys and the duplicates one
//! each, and the sums when another instance wrote last; then `payments`, `validation_results`, `audit_log`, `outbox` and
//! `idempotency_keys` in as few statements as [`chunk`] makes of the rows; then the sums, the head and COMMIT one each. A
//! lone booking takes 12, or 10 without an idempotency key, and so do 256. A command that names a payment asks for it and
//! its checks with two more, and its UPDATE and the UPSERT of its checks stand in place of the two INSERTs.

mod changes;
mod chunk;
mod committed;
mod duplicates;
mod find;
mod insert;
mod ledger;
mod purge;
mod row;
mod transaction;
mod unique_violation;

pub use ledger::SqlLedgerStore;
