//! Loads the ledger head, and payments together with their checks. The ledger store and the outbox use it too.

use std::collections::HashMap;

use hermes_domain::ledger::LedgerHead;
use hermes_domain::payment::{CheckKind, Payment};
use hermes_domain::ports::StoreError;
use sea_orm::prelude::*;
use sea_orm::{QuerySelect, QueryTrait, Select};

use crate::database::padded;
use crate::entity::{ledger_head, payments, validation_results};
use crate::error::statement_error;
use crate::mapping::{PaymentWithoutChecks, StoredChecks, decode_check, decode_payment, decode_payment_id};

/// Payments whose checks one statement loads. The number is a power of two and covers the longest page.
const MAX_IDS_PER_STATEMENT: usize = 1_024;

/// Reads the ledger head.
pub(crate) async fn head<C: ConnectionTrait>(connection: &C) -> Result<LedgerHead, StoreError> {
    ledger_head::Entity::find_by_id(ledger_head::ROW_ID)
        .one(connection)
        .await
        .map_err(statement_error)?
        .ok_or_else(missing_head)?
        .try_into()
}

/// The error for a database whose `ledger_head` has no row.
pub(crate) fn missing_head() -> StoreError {
    StoreError::Corrupt("the ledger head is missing".to_owned())
}

/// How close payments are to each other in the order of their ids, which is also the order of their checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IdLocality {
    /// Usually no other payment has an id between theirs.
    Contiguous,
    /// Any number of other payments may have ids between theirs.
    Scattered,
}

/// Payments and the rows of their checks, not yet combined. Combining them needs no connection.
pub(crate) struct PaymentRows {
    payments: Vec<PaymentWithoutChecks>,
    check_rows: Vec<QueryResult>,
}

impl PaymentRows {
    /// Decodes payment rows, and loads the rows of their checks meanwhile.
    pub(crate) async fn load<C: ConnectionTrait>(
        connection: &C,
        rows: Vec<QueryResult>,
        locality: IdLocality,
    ) -> Result<Self, StoreError> {
        let ids: Vec<Uuid> = rows.iter().map(decode_payment_id).collect::<Result<_, _>>()?;
        // The statement is sent first: the server executes the statement while the payments are decoded.
        let (check_rows, payments) = tokio::join! {
            biased;
            check_rows(connection, &ids, locality),
            async move { rows.iter().map(|row| decode_payment(row)?.try_into()).collect::<Result<_, _>>() },
        };
        Ok(Self { payments: payments?, check_rows: check_rows? })
    }

    /// Combines payments and checks, in the order of the payment rows.
    pub(crate) fn into_payments(self) -> Result<Vec<Payment>, StoreError> {
        let mut checks = group_by_payment(self.check_rows)?;
        let with_checks = |payment: PaymentWithoutChecks| {
            let checks = checks.remove(&payment.id()).unwrap_or_default();
            payment.with_checks(checks)
        };
        self.payments.into_iter().map(with_checks).collect()
    }
}

/// Reads payment rows without decoding them.
pub(crate) async fn payment_rows<C: ConnectionTrait>(
    connection: &C,
    select: Select<payments::Entity>,
) -> Result<Vec<QueryResult>, StoreError> {
    query(connection, select).await
}

/// Reads the rows of the checks of payments.
pub(super) async fn check_rows<C: ConnectionTrait>(
    connection: &C,
    ids: &[Uuid],
    locality: IdLocality,
) -> Result<Vec<QueryResult>, StoreError> {
    if locality == IdLocality::Contiguous
        && let Some(rows) = check_rows_in_range(connection, ids).await?
    {
        return Ok(rows);
    }
    let mut found = Vec::new();
    for ids in ids.chunks(MAX_IDS_PER_STATEMENT) {
        let of_payments = validation_results::Column::PaymentId.is_in(padded(ids).copied());
        found.extend(query(connection, validation_results::Entity::find().filter(of_payments)).await?);
    }
    Ok(found)
}

/// Reads all checks from the first id to the last, or returns `None` if there are more than these payments can have.
///
/// Reading a range takes a server two thirds of the time of looking up each id.
async fn check_rows_in_range<C: ConnectionTrait>(
    connection: &C,
    ids: &[Uuid],
) -> Result<Option<Vec<QueryResult>>, StoreError> {
    let (Some(first), Some(last)) = (ids.iter().min(), ids.iter().max()) else { return Ok(None) };
    let max_rows = ids.len().saturating_mul(CheckKind::ALL.len());
    let limit = u64::try_from(max_rows).unwrap_or(u64::MAX).saturating_add(1);
    let in_range = validation_results::Column::PaymentId.between(*first, *last);
    let rows = query(connection, validation_results::Entity::find().filter(in_range).limit(limit)).await?;
    Ok((rows.len() <= max_rows).then_some(rows))
}

/// Decodes check rows and groups them by the id of their payment.
pub(super) fn group_by_payment(rows: Vec<QueryResult>) -> Result<HashMap<Uuid, StoredChecks>, StoreError> {
    let mut by_payment: HashMap<Uuid, StoredChecks> =
        HashMap::with_capacity(rows.len() / CheckKind::ALL.len() + 1);
    let mut checks = rows.into_iter().map(|row| decode_check(&row)).peekable();
    while let Some(check) = checks.next() {
        let (id, check) = check?;
        let of_payment = by_payment.entry(id).or_default();
        of_payment.push(check);
        // The checks of a payment usually follow one another, so one lookup serves all of them.
        let is_of_payment = |next: &Result<(Uuid, _), _>| next.as_ref().is_ok_and(|(next, _)| *next == id);
        while let Some(Ok((_, check))) = checks.next_if(is_of_payment) {
            of_payment.push(check);
        }
    }
    Ok(by_payment)
}

async fn query<C: ConnectionTrait, E: EntityTrait>(
    connection: &C,
    select: Select<E>,
) -> Result<Vec<QueryResult>, StoreError> {
    connection.query_all(select.as_query()).await.map_err(statement_error)
}
