//! Between rows and the domain, in both directions.
//!
//! A row becomes a domain value by `TryFrom` and fails as
//! [`StoreError::Corrupt`](hermes_domain::ports::StoreError::Corrupt), which names the row and the column but
//! never what a payer wrote. Payments, checks and audit entries are many: their columns are read by place and their
//! texts borrowed ([`row`]). A domain value becomes an active model by `From`.

mod audit;
mod corrupt;
mod event;
mod head;
mod idempotency;
mod payment;
mod payment_columns;
mod payment_row;
mod row;
mod stored;
mod totals;
mod validation;

pub use stored::StoredPayment;

pub(crate) use audit::audit_entry;
pub(crate) use event::EventRow;
pub(crate) use payment::PaymentWithoutChecks;
pub(crate) use payment_columns::PaymentColumns;
pub(crate) use validation::{CheckColumns, CheckRow, StoredChecks};
