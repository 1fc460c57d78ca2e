//! Audit entries and their rows.

use hermes_domain::ledger::{AuditEntry, AuditHash};
use hermes_domain::payment::PaymentId;
use hermes_domain::ports::StoreError;
use sea_orm::ActiveValue::Set;

use super::corrupt::digest;
use crate::entity::audit_log;

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

impl TryFrom<audit_log::Model> for AuditEntry {
    type Error = StoreError;

    fn try_from(row: audit_log::Model) -> Result<Self, StoreError> {
        Ok(Self {
            seq: row.seq,
            payment_id: PaymentId(row.payment_id),
            action: row.action,
            actor: row.actor,
            reason: row.reason,
            old_value: row.old_value,
            new_value: row.new_value,
            user_agent: row.user_agent,
            ip_address: row.ip_address,
            created_at: row.created_at,
            hash: AuditHash(digest(&row.hash, "audit row", row.seq, "hash")?),
        })
    }
}
