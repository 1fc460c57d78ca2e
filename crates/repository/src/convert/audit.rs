//! Audit entries and their rows.

use hermes_domain::ledger::{AuditEntry, AuditHash};
use hermes_domain::payment::PaymentId;
use hermes_domain::ports::StoreError;
use sea_orm::ActiveValue::Set;
use sea_orm::prelude::{DateTimeUtc, Uuid};
use sea_orm::sqlx::{ColumnIndex, Decode, MySql, Row, Sqlite, Type};
use sea_orm::{IdenStatic, Iterable, QueryResult};

use super::corrupt::{corrupt, digest};
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
/// The texts are copied (`String`) or borrowed from the row (`&str`). Places instead of names: a walk over the whole
/// log would spend more on looking names up than on its hashes.
pub(crate) fn audit_entry<'r, Text>(row: &'r QueryResult) -> Result<AuditEntry<Text>, StoreError>
where
    Text: Decode<'r, Sqlite> + Type<Sqlite> + Decode<'r, MySql> + Type<MySql>,
{
    match (row.try_as_sqlite_row(), row.try_as_mysql_row()) {
        (Some(row), _) => read(row),
        (_, Some(row)) => read(row),
        (None, None) => Err(StoreError::Internal("a row of no driver that is known".to_owned())),
    }
}

fn read<'r, R, Text>(row: &'r R) -> Result<AuditEntry<Text>, StoreError>
where
    R: Row,
    usize: ColumnIndex<R>,
    Text: Decode<'r, R::Database> + Type<R::Database>,
    i64: Decode<'r, R::Database> + Type<R::Database>,
    Uuid: Decode<'r, R::Database> + Type<R::Database>,
    DateTimeUtc: Decode<'r, R::Database> + Type<R::Database>,
    &'r [u8]: Decode<'r, R::Database> + Type<R::Database>,
{
    let mut fields = Fields { row, seq: 0, taken: 0 };
    let seq = fields.take()?;
    fields.seq = seq;
    Ok(AuditEntry {
        seq,
        payment_id: PaymentId(fields.take()?),
        action: fields.take()?,
        actor: fields.take()?,
        reason: fields.take()?,
        old_value: fields.take()?,
        new_value: fields.take()?,
        user_agent: fields.take()?,
        ip_address: fields.take()?,
        created_at: fields.take()?,
        hash: AuditHash(digest(fields.take()?, TABLE, seq, "hash")?),
    })
}

/// The fields of a row, one after the other.
struct Fields<'r, R> {
    row: &'r R,
    /// The row's number, once it is known.
    seq: i64,
    taken: usize,
}

impl<'r, R: Row> Fields<'r, R> {
    fn take<T>(&mut self) -> Result<T, StoreError>
    where
        usize: ColumnIndex<R>,
        T: Decode<'r, R::Database> + Type<R::Database>,
    {
        let place = self.taken;
        self.taken += 1;
        self.row.try_get(place).map_err(|_| {
            let column = audit_log::Column::iter().nth(place).unwrap_or(audit_log::Column::Seq);
            corrupt(TABLE, self.seq, column.as_str())
        })
    }
}
