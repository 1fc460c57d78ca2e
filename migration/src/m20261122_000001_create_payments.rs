//! `payments`: what payers booked and owe.

use sea_orm_migration::sea_query::{Check, Expr, ExprTrait, Table};

use crate::columns::Columns;
use crate::step::Step;
use crate::table::{NewTable, index};

pub(crate) const STEP: Step = Step::table("m20261122_000001_create_payments", PAYMENTS, create);

const PAYMENTS: &str = "payments";

/// 100,000,000,000.00 in a currency with two decimals. Totals of many payments stay far below the limit of a `BIGINT`.
const AMOUNT_MAX: i64 = 10_000_000_000_000;

fn create(column: Columns) -> NewTable {
    let table = Table::create()
        .table(PAYMENTS)
        .col(column.uuid("id").primary_key())
        .col(column.code("reference", 24))
        .col(column.bytes("page_token", 16))
        .col(column.text("name", 200))
        .col(column.text("email", 254))
        .col(column.code("email_key", 254))
        .col(column.text("school", 200).null())
        .col(column.text("student_id", 64).null())
        .col(column.text("sender_full_name", 200).null())
        .col(column.text("country_from", 100).null())
        .col(column.text("sender_address", 500).null())
        .col(column.code("currency_from", 3))
        .col(column.bigint("amount"))
        .col(column.bigint("amount_received"))
        .col(column.bigint("fee_amount"))
        .col(column.bigint("final_amount"))
        .col(column.int("fee_rate_bps"))
        .col(column.code("fee_rule", 64))
        .col(column.code("fee_bearer", 16))
        .col(column.code("status", 16))
        .col(column.code("validation_status", 8))
        .col(column.timestamp("cancelled_at").null())
        .col(column.bigint("version"))
        .col(column.timestamp("created_at"))
        .col(column.timestamp("updated_at"))
        .check(Check::named("payments_amount_range", Expr::col("amount").between(1, AMOUNT_MAX)))
        .check(Check::named("payments_fee_not_negative", Expr::col("fee_amount").gte(0)))
        .check(Check::named("payments_final_amount_is_sum", final_amount_is_sum()))
        .check(Check::named("payments_received_range", Expr::col("amount_received").between(0, AMOUNT_MAX)))
        .check(Check::named("payments_fee_rate_range", Expr::col("fee_rate_bps").between(0, 10_000)))
        .check(Check::named(
            "payments_fee_bearer_known",
            Expr::col("fee_bearer").is_in(["PAYER", "INSTITUTION"]),
        ))
        .check(Check::named("payments_status_known", status_known()))
        .check(Check::named(
            "payments_validation_status_known",
            Expr::col("validation_status").is_in(["PASSED", "FLAGGED"]),
        ))
        .check(Check::named("payments_version_positive", Expr::col("version").gte(1)))
        .take();
    let indexes = vec![
        index(PAYMENTS, "payments_reference", &["reference"]).unique().take(),
        index(PAYMENTS, "payments_email_key", &["email_key", "created_at", "id"]),
        index(PAYMENTS, "payments_created_at", &["created_at", "id"]),
        index(PAYMENTS, "payments_status", &["status", "created_at", "id"]),
        index(PAYMENTS, "payments_validation_status", &["validation_status", "created_at", "id"]),
    ];
    NewTable { table, indexes }
}

fn final_amount_is_sum() -> Expr {
    Expr::col("final_amount").eq(Expr::col("amount").add(Expr::col("fee_amount")))
}

fn status_known() -> Expr {
    Expr::col("status").is_in(["PENDING", "UNDERPAYMENT", "EXACT", "OVERPAYMENT", "CANCELLED"])
}
