//! The tables as SeaORM entities, column by column as `migration/` makes them.
//!
//! They say what is stored, not what it means: amounts are minor units, states are the words of
//! [`hermes_domain`], instants are UTC to the microsecond. [`StoredPayment`](crate::StoredPayment) turns rows
//! into a [`Payment`](hermes_domain::payment::Payment). Whoever writes through them goes around the ledger:
//! its numbers, its audit chain and its sums would no longer fit. Read only.

pub mod audit_log;
pub mod event_relay;
pub mod idempotency_keys;
pub mod ledger_head;
pub mod outbox;
pub mod payment_totals;
pub mod payments;
pub mod validation_results;
