//! A payment as another program has read it.

use hermes_domain::payment::Payment;
use hermes_domain::ports::StoreError;

use super::payment::PaymentWithoutChecks;
use super::payment_columns::PaymentColumns;
use super::validation::{CheckColumns, StoredChecks};
use crate::entity::{payments, validation_results};

/// A payment as it is stored: its row and the rows of its checks, in any order.
///
/// ```no_run
/// # use hermes_repository::{StoredPayment, entity::payments, entity::validation_results};
/// # use hermes_domain::{payment::Payment, ports::StoreError};
/// # fn example(row: payments::Model, results: Vec<validation_results::Model>) -> Result<(), StoreError> {
/// let payment = Payment::try_from(StoredPayment { row, results })?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPayment {
    /// The payment's row.
    pub row: payments::Model,
    /// The rows of its checks.
    pub results: Vec<validation_results::Model>,
}

impl TryFrom<StoredPayment> for Payment {
    type Error = StoreError;

    /// Reads the rows, and holds what is stored twice against each other.
    fn try_from(stored: StoredPayment) -> Result<Self, StoreError> {
        let mut checks = StoredChecks::default();
        stored.results.iter().for_each(|row| checks.push(CheckColumns::from(row).try_into()));
        PaymentWithoutChecks::try_from(PaymentColumns::from(&stored.row))?.with(checks)
    }
}
