//! `audit_log`: every change with its actor, as one hash chain in commit order.

use sea_orm_migration::sea_query::Table;

use crate::columns::Columns;
use crate::step::Step;
use crate::table::{NewTable, belongs_to_payment, index};

pub(crate) const STEP: Step = Step::table("m20261122_000003_create_audit_log", AUDIT_LOG, create);

const AUDIT_LOG: &str = "audit_log";

fn create(column: Columns) -> NewTable {
    let table = Table::create()
        .table(AUDIT_LOG)
        .col(column.bigint("seq").primary_key())
        .col(column.uuid("payment_id"))
        .col(column.code("action", 32))
        .col(column.text("actor", 64))
        .col(column.text("reason", 500).null())
        .col(column.document("old_value").null())
        .col(column.document("new_value").null())
        .col(column.text("user_agent", 255).null())
        .col(column.code("ip_address", 45).null())
        .col(column.timestamp("created_at"))
        .col(column.bytes("hash", 32))
        .foreign_key(&mut belongs_to_payment(AUDIT_LOG, "audit_log_payment_fk"))
        .take();
    NewTable { table, indexes: vec![index(AUDIT_LOG, "audit_log_payment", &["payment_id", "seq"])] }
}
