//! Rows that a batch inserts: their table, their size in a statement, and the origin of their keys.

use hermes_domain::ledger::AuditEntry;
use hermes_domain::payment::{CheckKind, Payment};
use hermes_domain::receipt::Receipt;
use sea_orm::{EntityTrait, Iterable};

use crate::entity::{
    allocations, audit_log, idempotency_keys, outbox, payments, receipts, refunds, validation_results,
};
use crate::mapping::{AllocationRow, CheckRow, EventRow, RefundRow};

/// Rows per INSERT.
pub(super) const CHUNK_ROWS: usize = 64;

/// The bytes that each value takes for its type and length.
pub(super) const VALUE_OVERHEAD: usize = 3;

/// The origin of a unique key. It decides what a unique violation means.
///
/// A unique violation under the lock of the ledger means that rows were written without Hermes, such as from a backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyOrigin {
    /// A sequence of the head, which is behind the rows of the table. No batch can be stored until an operator repairs the
    /// head.
    Sequence,
    /// A random key, or a key that was not found before. A retry draws another key or finds the existing row.
    Random,
}

/// A row to insert.
pub(super) trait InsertRow {
    /// The table.
    type Entity: EntityTrait;

    /// Rows per INSERT.
    const ROWS_PER_STATEMENT: usize = CHUNK_ROWS;

    /// Returns the origin of the key that the message of a unique violation names.
    fn key_origin(_violation: &str) -> KeyOrigin {
        KeyOrigin::Random
    }

    /// Returns the values.
    fn active_model(&self) -> <Self::Entity as EntityTrait>::ActiveModel;

    /// Returns the approximate size of the values in bytes.
    fn value_bytes(&self) -> usize;

    /// Returns the approximate size of the row in a statement, in bytes.
    fn statement_bytes(&self) -> usize {
        self.value_bytes() + VALUE_OVERHEAD * <Self::Entity as EntityTrait>::Column::iter().count()
    }
}

impl InsertRow for Payment {
    type Entity = payments::Entity;

    fn key_origin(violation: &str) -> KeyOrigin {
        // Servers name the index payments_reference; SQLite names the column.
        if violation.contains("reference") { KeyOrigin::Sequence } else { KeyOrigin::Random }
    }

    fn active_model(&self) -> payments::ActiveModel {
        self.into()
    }

    fn value_bytes(&self) -> usize {
        // 190: id, reference, codes, amounts, times. The e-mail address is also stored in lower case.
        190 + self.details.text_bytes() + self.details.email.len()
    }
}

impl InsertRow for CheckRow<'_> {
    type Entity = validation_results::Entity;

    /// The checks of as many payments as one statement inserts.
    const ROWS_PER_STATEMENT: usize = CHUNK_ROWS * CheckKind::ALL.len();

    fn active_model(&self) -> validation_results::ActiveModel {
        self.into()
    }

    fn value_bytes(&self) -> usize {
        60 + self.check.message.len()
    }
}

impl InsertRow for Receipt {
    type Entity = receipts::Entity;

    fn key_origin(violation: &str) -> KeyOrigin {
        if violation.contains("statement_line") { KeyOrigin::Random } else { KeyOrigin::Sequence }
    }

    fn active_model(&self) -> receipts::ActiveModel {
        self.into()
    }

    fn value_bytes(&self) -> usize {
        // 210: numbers, codes, amounts, the statement line, times.
        210 + self.details.text_bytes()
    }
}

impl InsertRow for AllocationRow<'_> {
    type Entity = allocations::Entity;

    fn key_origin(_violation: &str) -> KeyOrigin {
        KeyOrigin::Sequence
    }

    fn active_model(&self) -> allocations::ActiveModel {
        self.into()
    }

    fn value_bytes(&self) -> usize {
        64
    }
}

impl InsertRow for RefundRow<'_> {
    type Entity = refunds::Entity;

    fn key_origin(_violation: &str) -> KeyOrigin {
        KeyOrigin::Sequence
    }

    fn active_model(&self) -> refunds::ActiveModel {
        self.into()
    }

    fn value_bytes(&self) -> usize {
        let texts = [
            &self.refund.payee_account,
            &self.refund.requested_by,
            &self.refund.approved_by,
            &self.refund.bank_id,
        ];
        130 + texts.into_iter().flatten().map(String::len).sum::<usize>()
    }
}

impl InsertRow for AuditEntry {
    type Entity = audit_log::Entity;

    fn key_origin(_violation: &str) -> KeyOrigin {
        KeyOrigin::Sequence
    }

    fn active_model(&self) -> audit_log::ActiveModel {
        self.into()
    }

    fn value_bytes(&self) -> usize {
        let optional = [&self.reason, &self.old_value, &self.new_value, &self.user_agent];
        230 + self.actor.len() + optional.into_iter().flatten().map(String::len).sum::<usize>()
    }
}

impl InsertRow for EventRow<'_> {
    type Entity = outbox::Entity;

    fn key_origin(_violation: &str) -> KeyOrigin {
        KeyOrigin::Sequence
    }

    fn active_model(&self) -> outbox::ActiveModel {
        self.into()
    }

    fn value_bytes(&self) -> usize {
        130 + self.event.payload.len()
    }
}

/// The row of an idempotency record, whose outcome is already serialised.
impl InsertRow for idempotency_keys::ActiveModel {
    type Entity = idempotency_keys::Entity;

    fn active_model(&self) -> idempotency_keys::ActiveModel {
        self.clone()
    }

    fn value_bytes(&self) -> usize {
        150 + self.outcome.try_as_ref().map_or(0, String::len)
    }
}
