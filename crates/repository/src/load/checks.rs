//! The checks of many payments.

use std::collections::HashMap;

use hermes_domain::payment::{Check, CheckKind, UnknownState};
use hermes_domain::ports::StoreError;
use sea_orm::prelude::*;
use sea_orm::{QuerySelect, Select};

use super::rows;
use crate::entity::validation_results::{Column, Entity};
use crate::in_list_padding::padded;
use crate::mapping::{CheckColumns, StoredChecks};

/// The identifiers of one statement, a power of two: one statement for the longest page.
const IDS_MAX: usize = 1_024;

/// How far apart payments are in the order of their identifiers, which is that of their checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IdLocality {
    /// There are few others between them, as a rule none: their checks are one range of rows.
    Contiguous,
    /// There may be any number of others.
    Scattered,
}

/// Reads the rows of checks of payments.
pub(crate) async fn check_rows<C: ConnectionTrait>(
    connection: &C,
    ids: &[Uuid],
    spread: IdLocality,
) -> Result<Vec<QueryResult>, StoreError> {
    if spread == IdLocality::Contiguous
        && let Some(rows) = range(connection, ids).await?
    {
        return Ok(rows);
    }
    let mut found = Vec::new();
    for ids in ids.chunks(IDS_MAX) {
        let ids = padded(ids).copied();
        found.extend(rows(connection, selected().filter(Column::PaymentId.is_in(ids))).await?);
    }
    Ok(found)
}

/// All checks from the first to the last payment, unless there are more than those payments can have: reading a range
/// takes a server two thirds of the time of as many look-ups.
async fn range<C: ConnectionTrait>(
    connection: &C,
    ids: &[Uuid],
) -> Result<Option<Vec<QueryResult>>, StoreError> {
    let (Some(first), Some(last)) = (ids.iter().min(), ids.iter().max()) else { return Ok(None) };
    let rows_max = ids.len().saturating_mul(CheckKind::ALL.len());
    let limit = u64::try_from(rows_max).unwrap_or(u64::MAX).saturating_add(1);
    let range = selected().filter(Column::PaymentId.between(*first, *last)).limit(limit);
    let found = rows(connection, range).await?;
    Ok((found.len() <= rows_max).then_some(found))
}

fn selected() -> Select<Entity> {
    Entity::find().select_only().columns(CheckColumns::SELECTED)
}

/// The checks of each payment.
pub(crate) fn by_payment(rows: Vec<QueryResult>) -> Result<HashMap<Uuid, StoredChecks>, StoreError> {
    let mut by_payment: HashMap<Uuid, StoredChecks> =
        HashMap::with_capacity(rows.len() / CheckKind::ALL.len() + 1);
    let mut checks = rows.into_iter().map(|row| read(&row)).peekable();
    while let Some(check) = checks.next() {
        let (id, check) = check?;
        let of_payment = by_payment.entry(id).or_default();
        of_payment.push(check);
        // As a rule the others of the payment follow, and it is looked up once.
        let is_of_payment = |next: &Result<(Uuid, _), _>| next.as_ref().is_ok_and(|(next, _)| *next == id);
        while let Some(Ok((_, check))) = checks.next_if(is_of_payment) {
            of_payment.push(check);
        }
    }
    Ok(by_payment)
}

fn read(row: &QueryResult) -> Result<(Uuid, Result<Check, UnknownState>), StoreError> {
    let columns = CheckColumns::read(row)?;
    Ok((columns.payment_id, columns.try_into()))
}
