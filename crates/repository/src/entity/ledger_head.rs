//! `ledger_head`: the single row that every write advances.

use sea_orm::entity::prelude::*;

/// The id of the only row.
pub const ROW_ID: i32 = 1;

/// The state of the ledger after the last batch.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ledger_head")]
pub struct Model {
    /// [`ROW_ID`].
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i32,
    /// The number of committed batches.
    pub seq: i64,
    /// The random token of the last batch.
    pub token: Uuid,
    /// The number of the next reference.
    pub next_reference: i64,
    /// The count of the next receipt.
    pub next_receipt: i64,
    /// The count of the next refund.
    pub next_refund: i64,
    /// The number of the last audit row.
    pub audit_seq: i64,
    /// The hash of the last audit row, 32 bytes.
    #[sea_orm(column_type = "Binary(32)")]
    pub audit_hash: Vec<u8>,
    /// The number of the last event.
    pub event_seq: i64,
    /// The number of changes of keys and accounts.
    pub access_seq: i64,
    /// When the last batch was decided.
    pub advanced_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
