//! Erases the personal values of one payment or receipt from its audit rows and idempotency records.
//!
//! The payment row itself is updated like any other change. Events contain no personal data.

use hermes_domain::ledger::{AuditEntry, IdempotencyRecord, Subject};
use hermes_domain::payment::PaymentId;
use hermes_domain::ports::StoreError;
use hermes_domain::receipt::ReceiptNumber;
use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::DatabaseTransaction;
use sea_orm::QuerySelect;
use sea_orm::prelude::*;
use sea_orm::sea_query::ExprTrait;

use crate::entity::{audit_log, idempotency_keys, mail_messages, payments, statement_lines};
use crate::error::statement_error;

/// The texts of a statement line without any text, as JSON.
const ERASED_TEXTS: &str = "{}";

/// Replaces the values in all stored rows of a subject. Only these columns change: `docs/grants.sql` permits no others.
pub(super) async fn erase_history(
    transaction: &DatabaseTransaction,
    subject: Subject,
) -> Result<(), StoreError> {
    let rows = audit_log::Entity::find()
        .filter(audit_rows_of(subject))
        .filter(audit_log::Column::Salt.is_not_null())
        .all(transaction)
        .await
        .map_err(statement_error)?;
    for row in rows {
        let mut entry = AuditEntry::try_from(row)?;
        entry.erase();
        erase_audit_row(transaction, entry).await?;
    }
    let records = idempotency_keys::Entity::find()
        .filter(records_of(subject))
        .all(transaction)
        .await
        .map_err(statement_error)?;
    for row in records {
        let mut record = IdempotencyRecord::try_from(row)?;
        record.erase();
        erase_idempotency_record(transaction, &record).await?;
    }
    match subject {
        Subject::Payment(id) => delete_messages(transaction, id).await,
        Subject::Receipt(number) => erase_statement_line(transaction, number).await,
        Subject::Key(_) | Subject::Refund(_) => Ok(()),
    }
}

/// Deletes the messages to the payer: the replies of mail servers repeat addresses.
async fn delete_messages(transaction: &DatabaseTransaction, payment: PaymentId) -> Result<(), StoreError> {
    let reference: Option<String> = payments::Entity::find_by_id(payment.0)
        .select_only()
        .column(payments::Column::Reference)
        .into_tuple()
        .one(transaction)
        .await
        .map_err(statement_error)?;
    mail_messages::Entity::delete_many()
        .filter(mail_messages::Column::Reference.eq(reference.unwrap_or_default()))
        .exec(transaction)
        .await
        .map_err(statement_error)?;
    Ok(())
}

/// Erases the texts of the statement line that a receipt books. Its identity remains, so that the line is not booked again.
async fn erase_statement_line(
    transaction: &DatabaseTransaction,
    number: ReceiptNumber,
) -> Result<(), StoreError> {
    statement_lines::Entity::update_many()
        .set(statement_lines::ActiveModel { texts: Set(ERASED_TEXTS.to_owned()), ..Default::default() })
        .filter(statement_lines::Column::Receipt.eq(number.to_string()))
        .exec(transaction)
        .await
        .map_err(statement_error)?;
    Ok(())
}

/// Returns the condition for which each subject has an index.
fn audit_rows_of(subject: Subject) -> Expr {
    use audit_log::Column;
    match subject.payment_id() {
        Some(payment) => Column::PaymentId.eq(payment.0),
        None => Column::SubjectType.eq(subject.type_name()).and(Column::SubjectId.eq(subject.id())),
    }
}

fn records_of(subject: Subject) -> Expr {
    use idempotency_keys::Column;
    match subject.payment_id() {
        Some(payment) => Column::PaymentId.eq(payment.0),
        None => Column::SubjectType.eq(subject.type_name()).and(Column::SubjectId.eq(subject.id())),
    }
}

async fn erase_audit_row(transaction: &DatabaseTransaction, entry: AuditEntry) -> Result<(), StoreError> {
    let erased = audit_log::ActiveModel {
        salt: Set(None),
        reason: Set(entry.reason),
        old_value: Set(entry.old_value),
        new_value: Set(entry.new_value),
        user_agent: Set(entry.user_agent),
        ip_address: Set(entry.ip_address),
        ..Default::default()
    };
    audit_log::Entity::update_many()
        .set(erased)
        .filter(audit_log::Column::Seq.eq(entry.seq))
        .exec(transaction)
        .await
        .map_err(statement_error)?;
    Ok(())
}

async fn erase_idempotency_record(
    transaction: &DatabaseTransaction,
    record: &IdempotencyRecord,
) -> Result<(), StoreError> {
    let erased = idempotency_keys::ActiveModel {
        scope_hash: NotSet,
        payment_id: NotSet,
        subject_type: NotSet,
        subject_id: NotSet,
        created_at: NotSet,
        ..record.into()
    };
    idempotency_keys::Entity::update_many()
        .set(erased)
        .filter(idempotency_keys::Column::ScopeHash.eq(record.claim.scope_hash.to_vec()))
        .exec(transaction)
        .await
        .map_err(statement_error)?;
    Ok(())
}
