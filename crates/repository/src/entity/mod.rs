//! SeaORM entities of the tables that `migration/` creates, for reading only.
//!
//! Amounts are minor units, statuses are the codes of [`hermes_domain`], and times are UTC with microseconds.
//! [`StoredPayment`](crate::StoredPayment) converts rows to a [`Payment`](hermes_domain::payment::Payment). Writes with
//! these entities bypass the ledger and break its numbers, its audit chain and its totals.

pub mod access_keys;
pub mod access_secrets;
pub mod access_uses;
pub mod allocations;
pub mod audit_log;
pub mod event_relay;
pub mod idempotency_keys;
pub mod ledger_head;
pub mod mail_messages;
pub mod mail_sender;
pub mod outbox;
pub mod payment_totals;
pub mod payments;
pub mod receipts;
pub mod refunds;
pub mod statement_imports;
pub mod statement_lines;
pub mod statement_matches;
pub mod validation_results;
