//! Payments together with their checks.

use hermes_domain::payment::Payment;
use hermes_domain::ports::StoreError;
use sea_orm::prelude::*;
use sea_orm::{QuerySelect, Select};

use super::checks::{IdLocality, by_payment, check_rows};
use super::rows;
use crate::entity::payments::Entity;
use crate::mapping::{PaymentColumns, PaymentWithoutChecks};

/// Reads the rows of payments.
pub(crate) async fn payment_rows<C: ConnectionTrait>(
    connection: &C,
    select: Select<Entity>,
) -> Result<Vec<QueryResult>, StoreError> {
    rows(connection, select.select_only().columns(PaymentColumns::SELECTED)).await
}

/// Payments and the rows of their checks, still apart; to put them together needs no connection.
pub(crate) struct Loaded {
    payments: Vec<PaymentWithoutChecks>,
    check_rows: Vec<QueryResult>,
}

impl Loaded {
    /// Reads payments out of their rows, and the rows of their checks.
    pub(crate) async fn of<C: ConnectionTrait>(
        connection: &C,
        rows: Vec<QueryResult>,
        spread: IdLocality,
    ) -> Result<Self, StoreError> {
        let ids: Vec<Uuid> = rows.iter().map(PaymentColumns::id).collect::<Result<_, _>>()?;
        // The statement first: while the server carries it out, the payments are read here.
        let (check_rows, payments) = tokio::join! {
            biased;
            check_rows(connection, &ids, spread),
            async move { rows.iter().map(read).collect::<Result<_, _>>() },
        };
        Ok(Self { payments: payments?, check_rows: check_rows? })
    }

    /// Puts both together, in the order of the rows.
    pub(crate) fn payments(self) -> Result<Vec<Payment>, StoreError> {
        let mut checks = by_payment(self.check_rows)?;
        let with_checks = |payment: PaymentWithoutChecks| {
            let checks = checks.remove(&payment.id()).unwrap_or_default();
            payment.with(checks)
        };
        self.payments.into_iter().map(with_checks).collect()
    }
}

fn read(row: &QueryResult) -> Result<PaymentWithoutChecks, StoreError> {
    PaymentColumns::read(row)?.try_into()
}
