//! `validation_results`: the result of each validation check of a payment.

use sea_orm_migration::sea_query::{Expr, ExprTrait, Index, Table};

use crate::{
    Dialect,
    columns::Columns,
    step::{Change, Step},
    table::{belongs_to_payment, check, create_table},
};

pub(crate) const STEP: Step = Step {
    name: "m20261122_000002_create_validation_results",
    change: Change::Table { name: VALIDATION_RESULTS, create },
};

const VALIDATION_RESULTS: &str = "validation_results";

fn create(dialect: Dialect) -> Vec<String> {
    let column = Columns(dialect);
    let mut table = Table::create()
        .table(VALIDATION_RESULTS)
        .col(column.uuid("payment_id"))
        .col(column.code("check_type", 32))
        .col(column.code("check_result", 8))
        .col(column.text("check_message", 255))
        .col(column.timestamp("created_at"))
        .primary_key(Index::create().col("payment_id").col("check_type"))
        .foreign_key(&mut belongs_to_payment(VALIDATION_RESULTS, "validation_results_payment_fk"))
        .check(check(
            "validation_results_result_known",
            Expr::col("check_result").is_in(["PASSED", "FLAGGED"]),
        ))
        .take();
    if dialect == Dialect::Sqlite {
        // The rows are small and always found by their key, so one tree is enough. InnoDB uses one tree anyway.
        table.extra("WITHOUT ROWID");
    }
    create_table(dialect, table, vec![])
}
