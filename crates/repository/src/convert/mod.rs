//! Between rows and the domain, in both directions.
//!
//! A row becomes a domain value by `TryFrom` and fails as
//! [`StoreError::Corrupt`](hermes_domain::ports::StoreError::Corrupt), which names the row and the column but
//! never what a payer wrote. Audit entries are read by [`audit_entry`] instead, which can leave the texts in the row. A
//! domain value becomes an active model by `From`.

mod audit;
mod corrupt;
mod event;
mod head;
mod idempotency;
mod payment;
mod payment_row;
mod totals;
mod validation;

pub use payment::StoredPayment;

pub(crate) use audit::audit_entry;
pub(crate) use event::EventRow;
pub(crate) use validation::CheckRow;
