//! Rows that a batch inserts: their table and about how many bytes their values take.

use hermes_domain::ledger::{AuditEntry, IdempotencyRecord};
use hermes_domain::payment::Payment;
use sea_orm::{EntityTrait, Iterable};

use super::chunk::VALUE_OVERHEAD;
use super::unique_violation::KeyOrigin;
use crate::entity::{audit_log, idempotency_keys, outbox, payments, validation_results};
use crate::mapping::{CheckRow, EventRow};

/// A row to insert.
pub(super) trait Row {
    /// Its table.
    type Entity: EntityTrait;

    /// Where the key comes from that the database names in its refusal.
    fn key_source(refusal: &str) -> KeyOrigin;

    /// Its values.
    fn values(&self) -> <Self::Entity as EntityTrait>::ActiveModel;

    /// About how many bytes they have.
    fn bytes(&self) -> usize;

    /// About how many bytes they take in a statement.
    fn bytes_in_statement(&self) -> usize {
        self.bytes() + VALUE_OVERHEAD * <Self::Entity as EntityTrait>::Column::iter().count()
    }
}

impl Row for Payment {
    type Entity = payments::Entity;

    fn key_source(refusal: &str) -> KeyOrigin {
        // The index is called payments_reference; SQLite names the column.
        if refusal.contains("reference") { KeyOrigin::Head } else { KeyOrigin::Try }
    }

    fn values(&self) -> payments::ActiveModel {
        self.into()
    }

    fn bytes(&self) -> usize {
        // 190: identifier, token, reference, codes, amounts, instants. The address is also kept in lower case.
        190 + self.details.text_bytes() + self.details.email.len()
    }
}

impl Row for CheckRow<'_> {
    type Entity = validation_results::Entity;

    fn key_source(_refusal: &str) -> KeyOrigin {
        KeyOrigin::Try
    }

    fn values(&self) -> validation_results::ActiveModel {
        self.into()
    }

    fn bytes(&self) -> usize {
        60 + self.check.message.len()
    }
}

impl Row for AuditEntry {
    type Entity = audit_log::Entity;

    fn key_source(_refusal: &str) -> KeyOrigin {
        KeyOrigin::Head
    }

    fn values(&self) -> audit_log::ActiveModel {
        self.into()
    }

    fn bytes(&self) -> usize {
        let optional = [&self.reason, &self.old_value, &self.new_value, &self.user_agent];
        160 + self.actor.len() + optional.into_iter().flatten().map(String::len).sum::<usize>()
    }
}

impl Row for EventRow<'_> {
    type Entity = outbox::Entity;

    fn key_source(_refusal: &str) -> KeyOrigin {
        KeyOrigin::Head
    }

    fn values(&self) -> outbox::ActiveModel {
        self.into()
    }

    fn bytes(&self) -> usize {
        80 + self.event.payload.len()
    }
}

/// An idempotency record with its answer as it is stored, which is made once.
pub(super) struct IdempotencyRow(pub(super) idempotency_keys::ActiveModel);

impl IdempotencyRow {
    pub(super) fn of(record: &IdempotencyRecord) -> Self {
        Self(record.into())
    }
}

impl Row for IdempotencyRow {
    type Entity = idempotency_keys::Entity;

    fn key_source(_refusal: &str) -> KeyOrigin {
        KeyOrigin::Try
    }

    fn values(&self) -> idempotency_keys::ActiveModel {
        self.0.clone()
    }

    fn bytes(&self) -> usize {
        100 + self.0.outcome.try_as_ref().map_or(0, String::len)
    }
}
