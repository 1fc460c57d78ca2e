//! Reads the payments that lines are compared with, without their checks.

use hermes_domain::matching::IndexedPayment;
use hermes_domain::payment::{PaymentId, Reference, Status};
use hermes_domain::ports::StoreError;
use sea_orm::prelude::*;
use sea_orm::{DatabaseConnection, QueryOrder, QuerySelect, Select};

use crate::database::padded;
use crate::entity::payments::{Column, Entity};
use crate::mapping::{PaymentWithoutChecks, decode_payment};
use crate::reader::payment_rows;

pub(super) async fn open(
    connection: &DatabaseConnection,
    after: Option<PaymentId>,
    limit: u64,
) -> Result<Vec<IndexedPayment>, StoreError> {
    let open = [Status::Pending, Status::Underpayment].map(Status::as_str);
    let rows = Entity::find()
        .filter(Column::Id.gt(after.unwrap_or(PaymentId::NIL).0))
        .filter(Column::Status.is_in(open))
        .order_by_asc(Column::Id)
        .limit(limit);
    read(connection, rows).await
}

pub(super) async fn with_references(
    connection: &DatabaseConnection,
    references: &[Reference],
) -> Result<Vec<IndexedPayment>, StoreError> {
    if references.is_empty() {
        return Ok(Vec::new());
    }
    let references: Vec<String> = references.iter().map(ToString::to_string).collect();
    let rows = Entity::find().filter(Column::Reference.is_in(padded(&references).map(String::as_str)));
    read(connection, rows).await
}

async fn read(
    connection: &DatabaseConnection,
    select: Select<Entity>,
) -> Result<Vec<IndexedPayment>, StoreError> {
    let rows = payment_rows(connection, select).await?;
    let decode = |row| {
        let payment = PaymentWithoutChecks::try_from(decode_payment(row)?)?.without_checks()?;
        Ok(IndexedPayment::from(&payment))
    };
    rows.iter().map(decode).collect()
}
