//! Reads what the ledger has stored.
//!
//! **Round trips** on a server. The head, one payment with its checks, and audit rows take one: a single statement is
//! its own snapshot. A page takes five: BEGIN, head, payments, checks, COMMIT. A page that is not the first takes one
//! more. An unfiltered page takes one more if other payments have ids between its own. The totals, and one payment
//! together with the head, take four.
//!
//! Sessions of the reader pool are read-only and REPEATABLE READ. A transaction therefore takes its snapshot at its first
//! SELECT, which reads the head.

mod audit;
mod audit_search;
mod audited_receipts;
mod filter;
mod list;
mod load;
mod load_receipts;
mod payments;
mod receipts;

use crate::Database;

pub use audit::{AuditBounds, AuditedPayment};
pub use audit_search::RecordedErasure;
pub use audited_receipts::AuditedReceipt;

pub(crate) use load_receipts::receipts_with;

pub(crate) use load::{IdLocality, PaymentRows, head, missing_head, payment_rows};

/// Reads payments, receipts, totals and audit rows from SQLite, MySQL or MariaDB.
#[derive(Debug, Clone)]
pub struct SqlPaymentReader {
    database: Database,
}

impl SqlPaymentReader {
    /// Creates a reader of an open, migrated database.
    pub fn new(database: &Database) -> Self {
        Self { database: database.clone() }
    }
}
