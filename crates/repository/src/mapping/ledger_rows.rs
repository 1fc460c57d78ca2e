//! Rows of the head, the audit log, the outbox, the idempotency keys and the totals.

use hermes_domain::ledger::{
    AuditEntry, AuditHash, AuditSalt, BatchToken, Event, EventId, IdempotencyClaim, IdempotencyRecord,
    LedgerHead, OutboxEvent, Totals,
};
use hermes_domain::payment::PaymentId;
use hermes_domain::ports::StoreError;
use sea_orm::ActiveValue::Set;
use sea_orm::prelude::Uuid;
use sea_orm::{IdenStatic, QueryResult};
use serde::Deserialize;

use super::position::{ColumnValue, decode};
use super::{corrupt, digest};
use crate::entity::{audit_log, idempotency_keys, ledger_head, outbox, payment_totals};

impl TryFrom<ledger_head::Model> for LedgerHead {
    type Error = StoreError;

    fn try_from(row: ledger_head::Model) -> Result<Self, StoreError> {
        Ok(Self {
            seq: row.seq,
            token: BatchToken(row.token),
            next_reference: row.next_reference,
            next_receipt: row.next_receipt,
            next_refund: row.next_refund,
            audit_seq: row.audit_seq,
            audit_hash: AuditHash(digest(&row.audit_hash, "ledger head", row.id, "audit_hash")?),
            event_seq: row.event_seq,
            access_seq: row.access_seq,
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
            next_receipt: Set(head.next_receipt),
            next_refund: Set(head.next_refund),
            audit_seq: Set(head.audit_seq),
            audit_hash: Set(head.audit_hash.0.to_vec()),
            event_seq: Set(head.event_seq),
            access_seq: Set(head.access_seq),
            advanced_at: Set(head.advanced_at),
        }
    }
}

impl TryFrom<audit_log::Model> for AuditEntry {
    type Error = StoreError;

    fn try_from(row: audit_log::Model) -> Result<Self, StoreError> {
        Ok(Self {
            seq: row.seq,
            payment_id: row.payment_id.map(PaymentId),
            subject_type: row.subject_type,
            subject_id: row.subject_id,
            action: row.action,
            actor: row.actor,
            salt: salt(row.salt.as_deref(), row.seq)?,
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

/// Decodes a row of all columns by position. The texts are borrowed from the row, as [`AuditEntry`] explains.
///
/// # Errors
/// [`StoreError::Corrupt`] if a value has another type than its column.
pub(crate) fn decode_audit_entry(row: &QueryResult) -> Result<AuditEntry<&str>, StoreError> {
    use audit_log::Column;
    let hash: &[u8] = audit_column(row, Column::Hash)?;
    let seq = audit_column(row, Column::Seq)?;
    Ok(AuditEntry {
        seq,
        payment_id: audit_column::<Option<Uuid>>(row, Column::PaymentId)?.map(PaymentId),
        subject_type: audit_column(row, Column::SubjectType)?,
        subject_id: audit_column(row, Column::SubjectId)?,
        action: audit_column(row, Column::Action)?,
        actor: audit_column(row, Column::Actor)?,
        salt: salt(audit_column(row, Column::Salt)?, seq)?,
        reason: audit_column(row, Column::Reason)?,
        old_value: audit_column(row, Column::OldValue)?,
        new_value: audit_column(row, Column::NewValue)?,
        user_agent: audit_column(row, Column::UserAgent)?,
        ip_address: audit_column(row, Column::IpAddress)?,
        created_at: audit_column(row, Column::CreatedAt)?,
        hash: AuditHash(digest(hash, "audit row", seq, "hash")?),
    })
}

/// Converts the salt of an audit row.
fn salt(bytes: Option<&[u8]>, seq: i64) -> Result<Option<AuditSalt>, StoreError> {
    let salt = |bytes: &[u8]| bytes.try_into().map(AuditSalt).map_err(|_| corrupt("audit row", seq, "salt"));
    bytes.map(salt).transpose()
}

fn audit_column<'r, T: ColumnValue<'r>>(
    row: &'r QueryResult,
    column: audit_log::Column,
) -> Result<T, StoreError> {
    #[expect(clippy::as_conversions, reason = "the discriminant of a column is its position")]
    let at = |column: audit_log::Column| column as usize;
    decode(row, at(column)).ok_or_else(|| {
        let seq: i64 = decode(row, at(audit_log::Column::Seq)).unwrap_or_default();
        corrupt("audit row", seq, column.as_str())
    })
}

impl From<&AuditEntry> for audit_log::ActiveModel {
    fn from(entry: &AuditEntry) -> Self {
        Self {
            seq: Set(entry.seq),
            payment_id: Set(entry.payment_id.map(|id| id.0)),
            subject_type: Set(entry.subject_type.clone()),
            subject_id: Set(entry.subject_id.clone()),
            action: Set(entry.action.clone()),
            actor: Set(entry.actor.clone()),
            salt: Set(entry.salt.map(|salt| salt.0.to_vec())),
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

/// An event with the token of its batch.
#[derive(Clone, Copy)]
pub(crate) struct EventRow<'a> {
    pub(crate) event: &'a Event,
    pub(crate) batch: BatchToken,
}

impl From<&EventRow<'_>> for outbox::ActiveModel {
    fn from(row: &EventRow<'_>) -> Self {
        Self {
            seq: Set(row.event.seq),
            batch_token: Set(row.batch.0),
            event_type: Set(row.event.kind.as_str().to_owned()),
            payment_id: Set(row.event.subject.payment_id().map(|id| id.0)),
            subject_type: Set(row.event.subject.type_name().to_owned()),
            subject_id: Set(row.event.subject.id()),
            payload: Set(row.event.payload.clone()),
            created_at: Set(row.event.occurred_at),
        }
    }
}

/// The field of a payload that an [`OutboxEvent`] repeats.
#[derive(Deserialize)]
struct PayloadReference {
    reference: String,
}

impl TryFrom<outbox::Model> for OutboxEvent {
    type Error = StoreError;

    fn try_from(row: outbox::Model) -> Result<Self, StoreError> {
        let PayloadReference { reference } =
            serde_json::from_str(&row.payload).map_err(|_| corrupt("outbox row", row.seq, "payload"))?;
        Ok(Self {
            id: EventId::new(BatchToken(row.batch_token), row.seq),
            seq: row.seq,
            event_type: row.event_type,
            occurred_at: row.created_at,
            reference,
            data: row.payload,
        })
    }
}

impl TryFrom<idempotency_keys::Model> for IdempotencyRecord {
    type Error = StoreError;

    fn try_from(row: idempotency_keys::Model) -> Result<Self, StoreError> {
        let (table, id) = ("idempotency key of", &row.subject_id);
        let outcome = serde_json::from_str(&row.outcome).map_err(|_| corrupt(table, id, "outcome"))?;
        Ok(Self {
            claim: IdempotencyClaim {
                scope_hash: digest(&row.scope_hash, table, id, "scope_hash")?,
                fingerprint: digest(&row.fingerprint, table, id, "fingerprint")?,
            },
            outcome,
            created_at: row.created_at,
        })
    }
}

impl From<&IdempotencyRecord> for idempotency_keys::ActiveModel {
    fn from(record: &IdempotencyRecord) -> Self {
        // The outcome consists of texts, integers and instants, so its serialisation cannot fail.
        let outcome = serde_json::to_string(&record.outcome).unwrap_or_default();
        let subject = record.subject();
        Self {
            scope_hash: Set(record.claim.scope_hash.to_vec()),
            fingerprint: Set(record.claim.fingerprint.to_vec()),
            payment_id: Set(subject.payment_id().map(|id| id.0)),
            subject_type: Set(subject.type_name().to_owned()),
            subject_id: Set(subject.id()),
            outcome: Set(outcome),
            created_at: Set(record.created_at),
        }
    }
}

impl TryFrom<payment_totals::Model> for Totals {
    type Error = StoreError;

    fn try_from(row: payment_totals::Model) -> Result<Self, StoreError> {
        let currency = row.currency_from.parse();
        Ok(Self {
            currency: currency.map_err(|_| corrupt("totals of", &row.currency_from, "currency_from"))?,
            payments: row.payments,
            passed: row.passed,
            flagged: row.flagged,
            cancelled: row.cancelled,
            above_threshold: row.above_threshold,
            outstanding_minor: row.amount_outstanding,
            received_minor: row.amount_received,
            receipts_minor: row.receipts,
            credit_minor: row.credit,
            refunds_due_minor: row.refunds_due,
        })
    }
}

impl From<&Totals> for payment_totals::ActiveModel {
    fn from(totals: &Totals) -> Self {
        Self {
            currency_from: Set(totals.currency.code().to_owned()),
            payments: Set(totals.payments),
            passed: Set(totals.passed),
            flagged: Set(totals.flagged),
            cancelled: Set(totals.cancelled),
            above_threshold: Set(totals.above_threshold),
            amount_outstanding: Set(totals.outstanding_minor),
            amount_received: Set(totals.received_minor),
            receipts: Set(totals.receipts_minor),
            credit: Set(totals.credit_minor),
            refunds_due: Set(totals.refunds_due_minor),
        }
    }
}
