//! From the rows of a payment to the payment.

use hermes_domain::money::{BasisPoints, Currency, Fee, FeeBearer, Money};
use hermes_domain::payment::{
    Check, CheckKind, Details, PageToken, Payment, PaymentFacts, PaymentId, Reference,
};
use hermes_domain::ports::StoreError;

use super::corrupt::corrupt;
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
        let StoredPayment { row, results } = stored;
        let name = row.reference.clone();
        let wrong = |column: &str| corrupt("payment", &name, column);
        let currency: Currency = row.currency_from.parse().map_err(|_| wrong("currency_from"))?;
        let money = |minor| Money::from_minor(minor, currency);
        let columns = DerivedColumns::of(&row);
        let facts = PaymentFacts {
            id: PaymentId(row.id),
            reference: Reference::parse(&row.reference).map_err(|_| wrong("reference"))?,
            page_token: PageToken(row.page_token),
            details: Details {
                name: row.name,
                email: row.email,
                school: row.school,
                student_id: row.student_id,
                sender_full_name: row.sender_full_name,
                country_from: row.country_from,
                sender_address: row.sender_address,
            },
            amount: money(row.amount),
            fee: Fee {
                amount: money(row.fee_amount),
                rate: u16::try_from(row.fee_rate_bps)
                    .ok()
                    .and_then(BasisPoints::new)
                    .ok_or_else(|| wrong("fee_rate_bps"))?,
                rule: row.fee_rule,
            },
            fee_bearer: read_bearer(&row.fee_bearer).ok_or_else(|| wrong("fee_bearer"))?,
            amount_received: money(row.amount_received),
            cancelled_at: row.cancelled_at,
            checks: read_checks(&results).ok_or_else(|| wrong("validation_results"))?,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        };
        let payment = Self::new(facts).map_err(|_| wrong("amount"))?;
        match columns.mismatch(&payment) {
            Some(column) => Err(wrong(column)),
            None => Ok(payment),
        }
    }
}

/// The columns that follow from others: they are there to be searched by, and must agree.
struct DerivedColumns {
    final_amount: i64,
    status: String,
    validation_status: String,
}

impl DerivedColumns {
    fn of(row: &payments::Model) -> Self {
        Self {
            final_amount: row.final_amount,
            status: row.status.clone(),
            validation_status: row.validation_status.clone(),
        }
    }

    fn mismatch(&self, payment: &Payment) -> Option<&'static str> {
        if self.final_amount != payment.final_amount().minor() {
            Some("final_amount")
        } else if self.status != payment.status().code() {
            Some("status")
        } else if self.validation_status != payment.validation_status().code() {
            Some("validation_status")
        } else {
            None
        }
    }
}

fn read_bearer(code: &str) -> Option<FeeBearer> {
    [FeeBearer::Payer, FeeBearer::Institution]
        .into_iter()
        .find(|bearer| super::payment_row::bearer_code(*bearer) == code)
}

/// The checks in the order of their kinds. A payment of before a check came to be does not have it.
fn read_checks(results: &[validation_results::Model]) -> Option<Vec<Check>> {
    let checks: Vec<Check> = CheckKind::ALL
        .into_iter()
        .filter_map(|kind| results.iter().find(|row| row.check_type == kind.code()))
        .map(Check::try_from)
        .collect::<Result<_, _>>()
        .ok()?;
    (checks.len() == results.len()).then_some(checks)
}
