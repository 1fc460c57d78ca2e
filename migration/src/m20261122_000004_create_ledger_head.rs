//! `ledger_head`: the single row that every write locks and advances.

use sea_orm_migration::sea_query::{Expr, ExprTrait, Table};

use crate::{
    Dialect,
    columns::Columns,
    step::{Change, Step},
    table::{check, create_table},
};

pub(crate) const STEP: Step =
    Step { name: "m20261122_000004_create_ledger_head", change: Change::Table { name: LEDGER_HEAD, create } };

const LEDGER_HEAD: &str = "ledger_head";

fn create(dialect: Dialect) -> Vec<String> {
    let column = Columns(dialect);
    let table = Table::create()
        .table(LEDGER_HEAD)
        .col(column.int("id").primary_key())
        .col(column.bigint("seq"))
        .col(column.bytes("token", 16))
        .col(column.bigint("next_reference"))
        .col(column.bigint("audit_seq"))
        .col(column.bytes("audit_hash", 32))
        .col(column.bigint("event_seq"))
        .col(column.timestamp("advanced_at"))
        .check(check("ledger_head_single_row", Expr::col("id").eq(1)))
        .check(check("ledger_head_next_reference_positive", Expr::col("next_reference").gte(1)))
        .take();
    create_table(dialect, table, vec![])
}
