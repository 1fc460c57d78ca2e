//! `ledger_head`: the single row that every write locks and advances.

use sea_orm_migration::sea_query::{Check, Expr, ExprTrait, Table};

use crate::columns::Columns;
use crate::step::Step;
use crate::table::NewTable;

pub(crate) const STEP: Step = Step::table("m20261122_000004_create_ledger_head", LEDGER_HEAD, create);

const LEDGER_HEAD: &str = "ledger_head";

fn create(column: Columns) -> NewTable {
    Table::create()
        .table(LEDGER_HEAD)
        .col(column.int("id").primary_key())
        .col(column.bigint("seq"))
        .col(column.bytes("token", 16))
        .col(column.bigint("next_reference"))
        .col(column.bigint("audit_seq"))
        .col(column.bytes("audit_hash", 32))
        .col(column.bigint("event_seq"))
        .col(column.timestamp("advanced_at"))
        .check(Check::named("ledger_head_single_row", Expr::col("id").eq(1)))
        .check(Check::named("ledger_head_next_reference_positive", Expr::col("next_reference").gte(1)))
        .take()
        .into()
}
