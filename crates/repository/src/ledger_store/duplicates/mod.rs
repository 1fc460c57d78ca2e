//! The latest live payment of the same payer, for many payers with one statement.

mod shape;

use std::collections::HashMap;

use hermes_domain::payment::{DuplicateKey, Reference};
use hermes_domain::ports::StoreError;
use sea_orm::{ConnectionTrait, DatabaseTransaction, Statement};

use self::shape::{QueryTemplate, values_of};
use super::chunk::{Limits, VALUE_OVERHEAD};
use crate::error::statement_error;
use crate::in_list_padding::padded;

/// The most keys of one statement, a power of two; SQLite takes 500.
const KEYS_MAX: usize = 256;

/// The most values of one key.
const VALUES_PER_KEY: usize = 7;

/// Finds the latest live payment for each key that has one.
pub(super) async fn find(
    transaction: &DatabaseTransaction,
    packet_max: usize,
    keys: &[DuplicateKey],
) -> Result<HashMap<DuplicateKey, Reference>, StoreError> {
    let mut by_shape: HashMap<QueryTemplate, Vec<&DuplicateKey>> = HashMap::new();
    for key in keys {
        by_shape.entry(QueryTemplate::of(key)).or_default().push(key);
    }
    let mut found = HashMap::new();
    for (shape, keys) in by_shape {
        for keys in keys.chunks(keys_per_statement(&keys, packet_max)) {
            found.extend(find_alike(transaction, shape, keys).await?);
        }
    }
    Ok(found)
}

/// So many that a statement of the longest of them fits. A power of two, as they are padded to one.
fn keys_per_statement(keys: &[&DuplicateKey], packet_max: usize) -> usize {
    let longest = keys.iter().map(|key| key_bytes(key)).max().unwrap_or(1);
    let fitting = (Limits::of(VALUES_PER_KEY, packet_max).bytes / longest).clamp(1, KEYS_MAX);
    fitting.checked_ilog2().map_or(1, |exponent| 1 << exponent)
}

fn key_bytes(key: &DuplicateKey) -> usize {
    let texts = [&key.school, &key.student_id];
    let texts: usize = texts.into_iter().flatten().map(String::len).sum();
    // 40: identifier, amount, currency, instant.
    key.email_key.len() + texts + 40 + VALUES_PER_KEY * VALUE_OVERHEAD
}

async fn find_alike(
    transaction: &DatabaseTransaction,
    shape: QueryTemplate,
    keys: &[&DuplicateKey],
) -> Result<Vec<(DuplicateKey, Reference)>, StoreError> {
    let backend = transaction.get_database_backend();
    let keys: Vec<&DuplicateKey> = padded(keys).copied().collect();
    let sql = shape.sql(backend, keys.len());
    let values = keys.iter().flat_map(|key| values_of(key));
    let statement = Statement::from_sql_and_values(backend, sql, values);
    let rows = transaction.query_all_raw(statement).await.map_err(statement_error)?;
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        let place: i64 = row.try_get_by_index(0).map_err(statement_error)?;
        let reference: Option<String> = row.try_get_by_index(1).map_err(statement_error)?;
        let key = usize::try_from(place).ok().and_then(|place| keys.get(place));
        if let (Some(key), Some(reference)) = (key, reference) {
            let reference = Reference::parse(&reference)
                .map_err(|_| StoreError::Corrupt("payment: reference".to_owned()))?;
            found.push(((*key).clone(), reference));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod plan_tests;
