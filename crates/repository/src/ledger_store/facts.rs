//! Loads the facts of a batch, one statement per kind.

use std::collections::HashMap;

use hermes_domain::ledger::{Digest, IdempotencyRecord, Totals};
use hermes_domain::money::Currency;
use hermes_domain::payment::{Payment, PaymentId, PaymentKey};
use hermes_domain::ports::{LockedHead, StoreError};
use sea_orm::prelude::*;
use sea_orm::{Condition, DatabaseTransaction, FromQueryResult, QuerySelect, QueryTrait};

use crate::database::{now_ms, padded, time_from_ms};
use crate::entity::{idempotency_keys, ledger_head, payment_totals, payments};
use crate::error::statement_error;
use crate::reader::{IdLocality, PaymentRows, missing_head, payment_rows};

/// Values per IN list, a power of two.
const MAX_IN_LIST: usize = 256;

/// The column of the database's clock.
const DATABASE_MS: &str = "database_ms";

/// Locks and reads the head, and reads the clock of the database.
///
/// On a server, this is `SELECT … FOR UPDATE` and must be the first statement of its transaction. Under REPEATABLE READ,
/// the first plain read takes the snapshot, not BEGIN. The first plain read follows the lock, and so follows the commit of
/// the previous holder. On SQLite, `BEGIN IMMEDIATE` has already taken the lock.
pub(super) async fn lock_head(transaction: &DatabaseTransaction) -> Result<LockedHead, StoreError> {
    let select = ledger_head::Entity::find_by_id(ledger_head::ROW_ID)
        .expr_as(now_ms(transaction.get_database_backend()), DATABASE_MS)
        .lock_exclusive()
        .into_query();
    let row = transaction.query_one(&select).await.map_err(statement_error)?.ok_or_else(missing_head)?;
    let head = ledger_head::Model::from_query_result(&row, "").map_err(statement_error)?;
    let database_ms = row.try_get("", DATABASE_MS).map_err(statement_error)?;
    Ok(LockedHead { head: head.try_into()?, database_time: time_from_ms(database_ms)? })
}

/// Loads the idempotency records of these scopes.
pub(super) async fn idempotency(
    transaction: &DatabaseTransaction,
    scopes: &[Digest],
) -> Result<Vec<IdempotencyRecord>, StoreError> {
    let mut records = Vec::new();
    for scopes in scopes.chunks(MAX_IN_LIST) {
        let values = padded(scopes).map(|scope| scope.to_vec());
        let rows = idempotency_keys::Entity::find()
            .filter(idempotency_keys::Column::ScopeHash.is_in(values))
            .all(transaction)
            .await
            .map_err(statement_error)?;
        for row in rows {
            records.push(row.try_into()?);
        }
    }
    Ok(records)
}

/// Loads the payments with these keys, and their checks.
pub(super) async fn payments(
    transaction: &DatabaseTransaction,
    keys: &[PaymentKey],
) -> Result<HashMap<PaymentKey, Payment>, StoreError> {
    let mut found = Vec::new();
    for keys in keys.chunks(MAX_IN_LIST) {
        let rows = payment_rows(transaction, payments::Entity::find().filter(has_any_key(keys))).await?;
        found.extend(PaymentRows::load(transaction, rows, IdLocality::Scattered).await?.into_payments()?);
    }
    let by_id: HashMap<PaymentId, &Payment> = found.iter().map(|payment| (payment.id, payment)).collect();
    let by_reference: HashMap<_, _> = found.iter().map(|payment| (payment.reference, payment)).collect();
    let payment = |key: &PaymentKey| match key {
        PaymentKey::Id(id) => by_id.get(id).copied(),
        PaymentKey::Reference(reference) => by_reference.get(reference).copied(),
    };
    Ok(keys.iter().filter_map(|key| Some((key.clone(), payment(key)?.clone()))).collect())
}

/// Returns a condition without OR if all keys are of one kind, because an OR prevents the use of the index.
fn has_any_key(keys: &[PaymentKey]) -> Condition {
    let (mut ids, mut references) = (Vec::new(), Vec::new());
    for key in keys {
        match key {
            PaymentKey::Id(id) => ids.push(id.0),
            PaymentKey::Reference(reference) => references.push(reference.to_string()),
        }
    }
    let mut condition = Condition::any();
    if !ids.is_empty() {
        condition = condition.add(payments::Column::Id.is_in(padded(&ids).copied()));
    }
    if !references.is_empty() {
        condition = condition.add(payments::Column::Reference.is_in(padded(&references).cloned()));
    }
    condition
}

/// Loads the totals of currencies.
pub(super) async fn totals(
    transaction: &DatabaseTransaction,
    currencies: &[Currency],
) -> Result<Vec<Totals>, StoreError> {
    let mut totals = Vec::new();
    for currencies in currencies.chunks(MAX_IN_LIST) {
        let codes = padded(currencies).map(|currency| currency.code());
        let rows = payment_totals::Entity::find()
            .filter(payment_totals::Column::CurrencyFrom.is_in(codes))
            .all(transaction)
            .await
            .map_err(statement_error)?;
        for row in rows {
            totals.push(row.try_into()?);
        }
    }
    Ok(totals)
}
