//! `outbox`: events in commit order, written in the same transaction as their change.

use sea_orm_migration::sea_query::Table;

use crate::columns::Columns;
use crate::step::Step;
use crate::table::{NewTable, belongs_to_payment};

pub(crate) const STEP: Step = Step::table("m20261122_000006_create_outbox", OUTBOX, create);

const OUTBOX: &str = "outbox";

fn create(column: Columns) -> NewTable {
    Table::create()
        .table(OUTBOX)
        .col(column.bigint("seq").primary_key())
        .col(column.bytes("batch_token", 16))
        .col(column.code("event_type", 64))
        .col(column.uuid("payment_id"))
        .col(column.document("payload"))
        .col(column.timestamp("created_at"))
        .foreign_key(&mut belongs_to_payment(OUTBOX, "outbox_payment_fk"))
        .take()
        .into()
}
