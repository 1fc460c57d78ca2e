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
use sea_orm::sea_query::{CaseStatement, ExprTrait};

use crate::entity::{audit_log, idempotency_keys, mail_messages, payments, statement_lines};
use crate::error::statement_error;
use crate::mail_queue::WAITING;
use crate::mapping::ERASED_TEXTS;

/// Audit rows that one statement erases. A row has five values of at most 64 characters, so a statement has about 100 KiB.
const AUDIT_ROWS_PER_STATEMENT: usize = 256;

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
    let mut entries = rows.into_iter().map(AuditEntry::try_from).collect::<Result<Vec<AuditEntry>, _>>()?;
    entries.iter_mut().for_each(AuditEntry::erase);
    for chunk in entries.chunks(AUDIT_ROWS_PER_STATEMENT) {
        erase_audit_rows(transaction, chunk).await?;
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

/// Deletes the messages to the payer that have ended: the replies of mail servers repeat addresses.
///
/// A message that waits has no personal data. It is not sent if its address is erased.
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
        .filter(mail_messages::Column::State.ne(WAITING))
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

async fn erase_audit_rows(
    transaction: &DatabaseTransaction,
    entries: &[AuditEntry],
) -> Result<(), StoreError> {
    use audit_log::Column;
    let value_of_row = |value: fn(&AuditEntry) -> &Option<String>| -> Expr {
        let add = |case: CaseStatement, entry: &AuditEntry| {
            case.case(Column::Seq.eq(entry.seq), Expr::value(value(entry).clone()))
        };
        entries.iter().fold(CaseStatement::new(), add).into()
    };
    audit_log::Entity::update_many()
        .col_expr(Column::Salt, Expr::value(None::<Vec<u8>>))
        .col_expr(Column::Reason, value_of_row(|entry| &entry.reason))
        .col_expr(Column::OldValue, value_of_row(|entry| &entry.old_value))
        .col_expr(Column::NewValue, value_of_row(|entry| &entry.new_value))
        .col_expr(Column::UserAgent, value_of_row(|entry| &entry.user_agent))
        .col_expr(Column::IpAddress, value_of_row(|entry| &entry.ip_address))
        .filter(Column::Seq.is_in(entries.iter().map(|entry| entry.seq)))
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
