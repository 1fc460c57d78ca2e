//! `validation_results`: the result of each validation check of a payment.

use sea_orm_migration::sea_query::{Check, Expr, ExprTrait, Index, Table};

use crate::Dialect;
use crate::columns::Columns;
use crate::step::Step;
use crate::table::{NewTable, belongs_to_payment};

pub(crate) const STEP: Step =
    Step::table("m20261122_000002_create_validation_results", VALIDATION_RESULTS, create);

const VALIDATION_RESULTS: &str = "validation_results";

fn create(column: Columns) -> NewTable {
    let mut table = Table::create()
        .table(VALIDATION_RESULTS)
        .col(column.uuid("payment_id"))
        .col(column.code("check_type", 32))
        .col(column.code("check_result", 8))
        .col(column.text("check_message", 255))
        .col(column.timestamp("created_at"))
        .primary_key(Index::create().col("payment_id").col("check_type"))
        .foreign_key(&mut belongs_to_payment(VALIDATION_RESULTS, "validation_results_payment_fk"))
        .check(Check::named(
            "validation_results_result_known",
            Expr::col("check_result").is_in(["PASSED", "FLAGGED"]),
        ))
        .take();
    if column.0 == Dialect::Sqlite {
        // The rows are small and always found by their key, so one tree is enough. InnoDB uses one tree anyway.
        table.extra("WITHOUT ROWID");
    }
    table.into()
}
