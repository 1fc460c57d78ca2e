//! The head and its row.

use hermes_domain::ledger::{AuditHash, BatchToken, LedgerHead};
use hermes_domain::ports::StoreError;
use sea_orm::ActiveValue::Set;

use super::corrupt::digest;
use crate::entity::ledger_head;

impl TryFrom<ledger_head::Model> for LedgerHead {
    type Error = StoreError;

    fn try_from(row: ledger_head::Model) -> Result<Self, StoreError> {
        Ok(Self {
            seq: row.seq,
            token: BatchToken(row.token),
            next_reference: row.next_reference,
            audit_seq: row.audit_seq,
            audit_hash: AuditHash(digest(&row.audit_hash, "ledger head", row.id, "audit_hash")?),
            event_seq: row.event_seq,
            advanced_at: row.advanced_at,
        })
    }
}

impl From<&LedgerHead> for ledger_head::ActiveModel {
    fn from(head: &LedgerHead) -> Self {
        Self {
            id: Set(ledger_head::ROW_ID),
            seq: Set(head.seq),
            token: Set(head.token.0),
            next_reference: Set(head.next_reference),
            audit_seq: Set(head.audit_seq),
            audit_hash: Set(head.audit_hash.0.to_vec()),
            event_seq: Set(head.event_seq),
            advanced_at: Set(head.advanced_at),
        }
    }
}
