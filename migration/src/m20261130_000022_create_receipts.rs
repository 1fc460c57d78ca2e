//! `receipts`: money that arrived, and the sums of its parts.

use sea_orm_migration::sea_query::{Check, Expr, ExprTrait, Table};

use crate::columns::Columns;
use crate::step::Step;
use crate::table::{NewTable, index};

pub(crate) const STEP: Step = Step::table("m20261130_000022_create_receipts", RECEIPTS, create);

const RECEIPTS: &str = "receipts";

/// The largest amount, as of payments.
const AMOUNT_MAX: i64 = 10_000_000_000_000;

/// The parts of a receipt, which add up to its amount.
const PARTS: [&str; 5] = ["allocated", "credit", "refunds_reserved", "refunded", "surplus_written_off"];

fn create(column: Columns) -> NewTable {
    let mut table = Table::create()
        .table(RECEIPTS)
        .col(column.bigint("seq").primary_key())
        .col(column.code("number", 32))
        .col(column.code("currency", 3))
        .col(column.bigint("amount"))
        .col(column.date("value_date"))
        .col(column.code("source", 16))
        .col(column.bytes("statement_line", 32).null())
        .col(column.text("bank_id", 64).null())
        .col(column.text("payer_text", 500).null())
        .col(column.text("payer_account", 64).null())
        .col(column.text("note", 500).null())
        .col(column.bigint("allocations_made"))
        .col(column.code("status", 16))
        .col(column.timestamp("reversed_at").null())
        .col(column.bigint("version"))
        .col(column.timestamp("created_at"))
        .col(column.timestamp("updated_at"))
        .take();
    for part in PARTS {
        table.col(column.bigint(part));
    }
    table
        .col(column.bigint("refunds_due"))
        .check(Check::named("receipts_amount_range", Expr::col("amount").between(1, AMOUNT_MAX)))
        .check(Check::named("receipts_parts_are_amount", parts_are_amount()))
        .check(Check::named("receipts_parts_not_negative", parts_not_negative()))
        .check(Check::named(
            "receipts_due_within_credit",
            Expr::col("refunds_due").between(0, Expr::col("credit")),
        ))
        .check(Check::named(
            "receipts_source_known",
            Expr::col("source").is_in(["bank_transfer", "cash", "cheque", "statement", "migration"]),
        ))
        .check(Check::named(
            "receipts_status_known",
            Expr::col("status").is_in(["OPEN", "SETTLED", "REVERSED"]),
        ))
        .check(Check::named("receipts_version_positive", Expr::col("version").gte(1)));
    let indexes = vec![
        index(RECEIPTS, "receipts_number", &["number"]).unique().take(),
        index(RECEIPTS, "receipts_statement_line", &["statement_line"]).unique().take(),
        index(RECEIPTS, "receipts_status", &["status", "seq"]),
        index(RECEIPTS, "receipts_currency", &["currency", "seq"]),
    ];
    NewTable { table, indexes }
}

fn parts() -> Expr {
    let [first, others @ ..] = PARTS;
    others.into_iter().fold(Expr::col(first), |sum, part| sum.add(Expr::col(part)))
}

/// A reversed receipt counts as zero.
fn parts_are_amount() -> Expr {
    let live = Expr::col("reversed_at").is_null().and(parts().eq(Expr::col("amount")));
    live.or(Expr::col("reversed_at").is_not_null().and(parts().eq(0)))
}

fn parts_not_negative() -> Expr {
    let [first, others @ ..] = PARTS;
    others.into_iter().fold(Expr::col(first).gte(0), |all, part| all.and(Expr::col(part).gte(0)))
}
