//! What holding the audit log against the tables needs, beside the chain itself.

use std::collections::HashMap;

use hermes_domain::ledger::{AuditEntry, LedgerHead};
use hermes_domain::payment::{Payment, PaymentId};
use hermes_domain::ports::StoreError;
use sea_orm::prelude::*;
use sea_orm::{DatabaseTransaction, QueryOrder, QuerySelect, QueryTrait, TransactionTrait};

use super::SqlPaymentReader;
use super::audit::entries;
use crate::entity::{audit_log, payments};
use crate::error::statement_error;
use crate::in_list_padding::padded;
use crate::load::{self, IdLocality};
use crate::mapping::{PaymentColumns, PaymentWithoutChecks, StoredChecks};

/// The payments of one read.
const PAYMENTS_MAX: u64 = 1_000;

/// The head, and the numbers that the audit log has at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditBounds {
    /// The head.
    pub head: LedgerHead,
    /// The lowest number of a row, when there is one.
    pub first_seq: Option<i64>,
    /// The highest.
    pub last_seq: Option<i64>,
}

/// A payment, and its last audit row at the same time.
#[derive(Debug)]
pub struct AuditedPayment {
    /// Its identifier.
    pub id: PaymentId,
    /// Its reference, as it is stored.
    pub reference: String,
    /// The form of its address that duplicates are searched by, as it is stored.
    pub email_key: String,
    /// The payment, unless its rows contradict each other.
    pub payment: Result<Payment, StoreError>,
    /// Its last audit row.
    pub last: Option<AuditEntry>,
}

impl SqlPaymentReader {
    /// Reads the head and the ends of the audit log in one snapshot.
    ///
    /// # Errors
    /// On a fault of the database; the same below.
    pub async fn audit_bounds(&self) -> Result<AuditBounds, StoreError> {
        self.database
            .reader
            .read(|connection| async move {
                let snapshot = connection.begin().await.map_err(statement_error)?;
                let head = load::head(&snapshot).await?;
                let ends: Option<(Option<i64>, Option<i64>)> = audit_log::Entity::find()
                    .select_only()
                    .column_as(audit_log::Column::Seq.min(), "first_seq")
                    .column_as(audit_log::Column::Seq.max(), "last_seq")
                    .into_tuple()
                    .one(&snapshot)
                    .await
                    .map_err(statement_error)?;
                snapshot.commit().await.map_err(statement_error)?;
                let (first_seq, last_seq) = ends.unwrap_or_default();
                Ok(AuditBounds { head, first_seq, last_seq })
            })
            .await
    }

    /// Reads payments in the order of their identifiers, each with its last audit row, in one snapshot; none after
    /// the last.
    ///
    /// # Errors
    /// As above; rows of one payment that contradict each other are no error of the others.
    pub async fn audited_after(&self, id: Option<PaymentId>) -> Result<Vec<AuditedPayment>, StoreError> {
        self.database
            .reader
            .read(|connection| async move {
                let snapshot = connection.begin().await.map_err(statement_error)?;
                let mut rows =
                    payments::Entity::find().order_by_asc(payments::Column::Id).limit(PAYMENTS_MAX);
                if let Some(id) = id {
                    rows = rows.filter(payments::Column::Id.gt(id.0));
                }
                let rows = rows.all(&snapshot).await.map_err(statement_error)?;
                let mut last = last_audited(&snapshot, &rows).await?;
                let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
                let check_rows = load::check_rows(&snapshot, &ids, IdLocality::Contiguous).await?;
                snapshot.commit().await.map_err(statement_error)?;
                let mut checks = load::by_payment(check_rows)?;
                let audited = rows.into_iter().map(|row| {
                    let (checks, last) = (checks.remove(&row.id).unwrap_or_default(), last.remove(&row.id));
                    audited(row, checks, last)
                });
                Ok(audited.collect())
            })
            .await
    }
}

fn audited(row: payments::Model, checks: StoredChecks, last: Option<AuditEntry>) -> AuditedPayment {
    let payment =
        PaymentWithoutChecks::try_from(PaymentColumns::from(&row)).and_then(|payment| payment.with(checks));
    AuditedPayment {
        id: PaymentId(row.id),
        reference: row.reference,
        email_key: row.email_key,
        payment,
        last,
    }
}

/// The last audit row of each payment.
async fn last_audited(
    snapshot: &DatabaseTransaction,
    rows: &[payments::Model],
) -> Result<HashMap<Uuid, AuditEntry>, StoreError> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let numbers = audit_log::Entity::find()
        .select_only()
        .column_as(audit_log::Column::Seq.max(), "seq")
        .filter(audit_log::Column::PaymentId.is_in(padded(&ids).copied()))
        .group_by(audit_log::Column::PaymentId);
    let last = audit_log::Entity::find().filter(audit_log::Column::Seq.in_subquery(numbers.into_query()));
    let last = entries(snapshot, &last).await?;
    Ok(last.into_iter().map(|entry| (entry.payment_id.0, entry)).collect())
}
