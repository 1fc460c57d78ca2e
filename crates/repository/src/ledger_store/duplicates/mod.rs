//! Finds the latest live payment of the same payer, for many payers with one statement.

mod query_template;

use std::collections::HashMap;

use hermes_domain::payment::{DuplicateKey, Reference};
use hermes_domain::ports::StoreError;
use sea_orm::{ConnectionTrait, DatabaseTransaction, Statement};

use self::query_template::{QueryTemplate, key_values};
use super::insert::max_value_bytes;
use super::insert_row::VALUE_OVERHEAD;
use crate::database::padded;
use crate::error::statement_error;

/// Keys per statement, a power of two. SQLite accepts 500.
const MAX_KEYS_PER_STATEMENT: usize = 256;

/// Values of a key with all optional fields.
const MAX_VALUES_PER_KEY: usize = 7;

/// Finds the latest live payment for each key that has one.
pub(super) async fn find(
    transaction: &DatabaseTransaction,
    max_packet: usize,
    keys: &[DuplicateKey],
) -> Result<HashMap<DuplicateKey, Reference>, StoreError> {
    let mut by_template: HashMap<QueryTemplate, Vec<&DuplicateKey>> = HashMap::new();
    for key in keys {
        by_template.entry(QueryTemplate::from(key)).or_default().push(key);
    }
    let mut found = HashMap::new();
    for (template, keys) in by_template {
        for keys in keys.chunks(keys_per_statement(&keys, max_packet)) {
            found.extend(find_with_template(transaction, template, keys).await?);
        }
    }
    Ok(found)
}

/// Returns how many of the longest key fit into a packet, as a power of two: the keys are padded to one.
fn keys_per_statement(keys: &[&DuplicateKey], max_packet: usize) -> usize {
    let longest = keys.iter().map(|key| key_bytes(key)).max().unwrap_or(1);
    let fitting = (max_value_bytes(max_packet) / longest).clamp(1, MAX_KEYS_PER_STATEMENT);
    fitting.checked_ilog2().map_or(1, |exponent| 1 << exponent)
}

fn key_bytes(key: &DuplicateKey) -> usize {
    let texts = [&key.school, &key.student_id];
    let texts: usize = texts.into_iter().flatten().map(String::len).sum();
    // 40: id, amount, currency, time.
    key.email_key.len() + texts + 40 + MAX_VALUES_PER_KEY * VALUE_OVERHEAD
}

async fn find_with_template(
    transaction: &DatabaseTransaction,
    template: QueryTemplate,
    keys: &[&DuplicateKey],
) -> Result<Vec<(DuplicateKey, Reference)>, StoreError> {
    let backend = transaction.get_database_backend();
    let keys: Vec<&DuplicateKey> = padded(keys).copied().collect();
    let sql = template.sql(backend, keys.len());
    let values = keys.iter().flat_map(|key| key_values(key));
    let statement = Statement::from_sql_and_values(backend, sql, values);
    let rows = transaction.query_all_raw(statement).await.map_err(statement_error)?;
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        let index: i64 = row.try_get_by_index(0).map_err(statement_error)?;
        let reference: Option<String> = row.try_get_by_index(1).map_err(statement_error)?;
        let key = usize::try_from(index).ok().and_then(|index| keys.get(index));
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
