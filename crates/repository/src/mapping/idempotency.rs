//! Idempotency records and their rows.

use hermes_domain::ledger::{IdempotencyClaim, IdempotencyRecord};
use hermes_domain::payment::PaymentId;
use hermes_domain::ports::StoreError;
use sea_orm::ActiveValue::Set;

use super::corrupt::{corrupt, digest};
use crate::entity::idempotency_keys;

impl From<&IdempotencyRecord> for idempotency_keys::ActiveModel {
    fn from(record: &IdempotencyRecord) -> Self {
        // An answer is texts, integers and instants: serialising one cannot fail.
        let outcome = serde_json::to_string(&record.outcome).unwrap_or_default();
        Self {
            scope_hash: Set(record.claim.scope_hash.to_vec()),
            fingerprint: Set(record.claim.fingerprint.to_vec()),
            payment_id: Set(record.payment_id.0),
            outcome: Set(outcome),
            created_at: Set(record.created_at),
        }
    }
}

impl TryFrom<idempotency_keys::Model> for IdempotencyRecord {
    type Error = StoreError;

    fn try_from(row: idempotency_keys::Model) -> Result<Self, StoreError> {
        let table = "idempotency key of payment";
        let outcome =
            serde_json::from_str(&row.outcome).map_err(|_| corrupt(table, row.payment_id, "outcome"))?;
        Ok(Self {
            claim: IdempotencyClaim {
                scope_hash: digest(&row.scope_hash, table, row.payment_id, "scope_hash")?,
                fingerprint: digest(&row.fingerprint, table, row.payment_id, "fingerprint")?,
            },
            payment_id: PaymentId(row.payment_id),
            outcome,
            created_at: row.created_at,
        })
    }
}
