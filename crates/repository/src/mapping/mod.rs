//! Conversions between rows and domain values, in both directions.
//!
//! `TryFrom` turns a row into a domain value; `From` turns a domain value into an active model. A row that breaks an
//! invariant yields [`StoreError::Corrupt`]. The error names the row and the column, never a payer's data.

mod checks;
mod key;
mod ledger_rows;
mod payment;
mod position;
mod receipt;
mod statement;

use std::fmt::Display;

use hermes_domain::ports::StoreError;

pub use payment::StoredPayment;
pub use receipt::StoredReceipt;

pub(crate) use checks::{CheckRow, StoredChecks, decode_check};
pub(crate) use key::key_id;
pub(crate) use ledger_rows::{EventRow, decode_audit_entry};
pub(crate) use payment::{PaymentWithoutChecks, decode_payment, decode_payment_id};
pub(crate) use receipt::{AllocationRow, RefundRow};
pub(crate) use statement::{ERASED_TEXTS, import, new_line, new_match, stored_match};

fn corrupt(table: &str, row: impl Display, column: &str) -> StoreError {
    StoreError::Corrupt(format!("{table} {row}: {column}"))
}

/// Converts a column of 32 bytes.
fn digest(bytes: &[u8], table: &str, row: impl Display, column: &str) -> Result<[u8; 32], StoreError> {
    bytes.try_into().map_err(|_| corrupt(table, row, column))
}
