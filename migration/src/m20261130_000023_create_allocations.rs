//! `allocations`: the parts of receipts applied to payments. A removed allocation has no row.

use sea_orm_migration::sea_query::{Check, Expr, ExprTrait, ForeignKey, Index, Table};

use crate::columns::Columns;
use crate::step::Step;
use crate::table::{NewTable, belongs_to_payment, index};

pub(crate) const STEP: Step = Step::table("m20261130_000023_create_allocations", ALLOCATIONS, create);

const ALLOCATIONS: &str = "allocations";

fn create(column: Columns) -> NewTable {
    let table = Table::create()
        .table(ALLOCATIONS)
        .col(column.bigint("receipt_seq"))
        .col(column.bigint("id"))
        .col(column.uuid("payment_id"))
        .col(column.code("reference", 24))
        .col(column.bigint("amount"))
        .col(column.timestamp("created_at"))
        .primary_key(Index::create().col("receipt_seq").col("id"))
        .foreign_key(
            ForeignKey::create()
                .name("allocations_receipt_fk")
                .from(ALLOCATIONS, "receipt_seq")
                .to("receipts", "seq"),
        )
        .foreign_key(&mut belongs_to_payment(ALLOCATIONS, "allocations_payment_fk"))
        .check(Check::named("allocations_amount_positive", Expr::col("amount").gte(1)))
        .take();
    NewTable { table, indexes: vec![index(ALLOCATIONS, "allocations_payment", &["payment_id"])] }
}
