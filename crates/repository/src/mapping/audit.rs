//! Audit entries and their rows.

use hermes_domain::ledger::{AuditEntry, AuditHash};
use hermes_domain::payment::PaymentId;
use hermes_domain::ports::StoreError;
use sea_orm::ActiveValue::Set;
use sea_orm::{Iterable, QueryResult};

use super::row::{ColumnDecodeError, RowReader, Value};
use crate::entity::audit_log;

/// What errors call a row.
const TABLE: &str = "audit row";

impl From<&AuditEntry> for audit_log::ActiveModel {
    fn from(entry: &AuditEntry) -> Self {
        Self {
            seq: Set(entry.seq),
            payment_id: Set(entry.payment_id.0),
            action: Set(entry.action.clone()),
            actor: Set(entry.actor.clone()),
            reason: Set(entry.reason.clone()),
            old_value: Set(entry.old_value.clone()),
            new_value: Set(entry.new_value.clone()),
            user_agent: Set(entry.user_agent.clone()),
            ip_address: Set(entry.ip_address.clone()),
            created_at: Set(entry.created_at),
            hash: Set(entry.hash.0.to_vec()),
        }
    }
}

/// Reads an entry from a row with all columns of [`audit_log`], in the order of the entity's fields.
///
/// The texts are copied (`String`) or borrowed from the row (`&str`).
pub(crate) fn audit_entry<'r, Text: Value<'r>>(row: &'r QueryResult) -> Result<AuditEntry<Text>, StoreError> {
    take(RowReader::of(row)).map_err(|value| value.corrupt::<i64, _>(TABLE, row, audit_log::Column::iter()))
}

fn take<'r, Text: Value<'r>>(mut values: RowReader<'r>) -> Result<AuditEntry<Text>, ColumnDecodeError> {
    Ok(AuditEntry {
        seq: values.next()?,
        payment_id: PaymentId(values.next()?),
        action: values.next()?,
        actor: values.next()?,
        reason: values.next()?,
        old_value: values.next()?,
        new_value: values.next()?,
        user_agent: values.next()?,
        ip_address: values.next()?,
        created_at: values.next()?,
        hash: AuditHash(values.next_as(|bytes: &[u8]| bytes.try_into().ok())?),
    })
}
