//! `outbox`: events in commit order, written in the same transaction as their change.

use sea_orm_migration::sea_query::Table;

use crate::{
    Dialect,
    columns::Columns,
    step::{Change, Step},
    table::{belongs_to_payment, create_table},
};

pub(crate) const STEP: Step =
    Step { name: "m20261122_000006_create_outbox", change: Change::Table { name: OUTBOX, create } };

const OUTBOX: &str = "outbox";

fn create(dialect: Dialect) -> Vec<String> {
    let column = Columns(dialect);
    let table = Table::create()
        .table(OUTBOX)
        .col(column.bigint("seq").primary_key())
        .col(column.bytes("batch_token", 16))
        .col(column.code("event_type", 64))
        .col(column.uuid("payment_id"))
        .col(column.document("payload"))
        .col(column.timestamp("created_at"))
        .foreign_key(&mut belongs_to_payment(OUTBOX, "outbox_payment_fk"))
        .take();
    create_table(dialect, table, vec![])
}
