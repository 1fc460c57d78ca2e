//! The facts of a batch, one statement a kind.

use std::collections::HashMap;

use hermes_domain::ledger::{Digest, IdempotencyRecord, LedgerHead, Totals};
use hermes_domain::money::Currency;
use hermes_domain::payment::{Payment, PaymentId, PaymentKey};
use hermes_domain::ports::StoreError;
use sea_orm::prelude::*;
use sea_orm::{Condition, DatabaseTransaction, QuerySelect};

use crate::entity::{idempotency_keys, ledger_head, payment_totals, payments};
use crate::error::statement_error;
use crate::in_list_padding::padded;
use crate::load::{self, IdLocality, Loaded};

/// The most values that one IN takes.
const IN_MAX: usize = 256;

/// Locks the head and reads it.
///
/// On a server this is `SELECT … FOR UPDATE`, and must be the first statement of its transaction. REPEATABLE
/// READ then is as good as the lock: its snapshot is made not by BEGIN but by the first plain read, which
/// comes after the lock was granted, and so after the commit of whoever had it before. On SQLite the lock is
/// that of `BEGIN IMMEDIATE`.
pub(super) async fn lock_head(transaction: &DatabaseTransaction) -> Result<LedgerHead, StoreError> {
    ledger_head::Entity::find_by_id(ledger_head::ROW_ID)
        .lock_exclusive()
        .one(transaction)
        .await
        .map_err(statement_error)?
        .ok_or_else(load::no_head)?
        .try_into()
}

/// What became of the claims with these scopes.
pub(super) async fn idempotency(
    transaction: &DatabaseTransaction,
    scopes: &[Digest],
) -> Result<Vec<IdempotencyRecord>, StoreError> {
    let mut records = Vec::new();
    for scopes in scopes.chunks(IN_MAX) {
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

/// The payments with these names, and their checks.
pub(super) async fn payments(
    transaction: &DatabaseTransaction,
    keys: &[PaymentKey],
) -> Result<HashMap<PaymentKey, Payment>, StoreError> {
    let mut found = Vec::new();
    for keys in keys.chunks(IN_MAX) {
        let rows = load::payment_rows(transaction, payments::Entity::find().filter(named(keys))).await?;
        found.extend(Loaded::of(transaction, rows, IdLocality::Scattered).await?.payments()?);
    }
    let by_id: HashMap<PaymentId, &Payment> = found.iter().map(|payment| (payment.id, payment)).collect();
    let by_reference: HashMap<_, _> = found.iter().map(|payment| (payment.reference, payment)).collect();
    let of_key = |key: &PaymentKey| match key {
        PaymentKey::Id(id) => by_id.get(id).copied(),
        PaymentKey::Reference(reference) => by_reference.get(reference).copied(),
    };
    Ok(keys.iter().filter_map(|key| Some((key.clone(), of_key(key)?.clone()))).collect())
}

/// Either kind of name stands alone when there is only that kind: an OR of both would not use one index.
fn named(keys: &[PaymentKey]) -> Condition {
    let ids: Vec<Uuid> = keys
        .iter()
        .filter_map(|key| match key {
            PaymentKey::Id(id) => Some(id.0),
            PaymentKey::Reference(_) => None,
        })
        .collect();
    let references: Vec<String> = keys
        .iter()
        .filter_map(|key| match key {
            PaymentKey::Id(_) => None,
            PaymentKey::Reference(reference) => Some(reference.to_string()),
        })
        .collect();
    let mut condition = Condition::any();
    if !ids.is_empty() {
        condition = condition.add(payments::Column::Id.is_in(padded(&ids).copied()));
    }
    if !references.is_empty() {
        condition = condition.add(payments::Column::Reference.is_in(padded(&references).cloned()));
    }
    condition
}

/// The sums of currencies.
pub(super) async fn totals(
    transaction: &DatabaseTransaction,
    currencies: &[Currency],
) -> Result<Vec<Totals>, StoreError> {
    let mut totals = Vec::new();
    for currencies in currencies.chunks(IN_MAX) {
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
