//! `refunds`: parts of receipts that are due to be sent back, reserved for it, or sent.

use sea_orm_migration::sea_query::{Check, Expr, ExprTrait, ForeignKey, Table};

use crate::columns::Columns;
use crate::step::Step;
use crate::table::{NewTable, belongs_to_payment, index};

pub(crate) const STEP: Step = Step::table("m20261130_000024_create_refunds", REFUNDS, create);

const REFUNDS: &str = "refunds";

fn create(column: Columns) -> NewTable {
    let table = Table::create()
        .table(REFUNDS)
        .col(column.bigint("seq").primary_key())
        .col(column.code("number", 32))
        .col(column.bigint("receipt_seq"))
        .col(column.code("currency", 3))
        .col(column.bigint("amount"))
        .col(column.code("state", 16))
        .col(column.uuid("payment_id").null())
        .col(column.code("reference", 24).null())
        .col(column.text("payee_account", 64).null())
        .col(column.text("requested_by", 128).null())
        .col(column.text("approved_by", 128).null())
        .col(column.text("bank_id", 64).null())
        .col(column.bigint("version"))
        .col(column.timestamp("created_at"))
        .col(column.timestamp("updated_at"))
        .foreign_key(
            ForeignKey::create()
                .name("refunds_receipt_fk")
                .from(REFUNDS, "receipt_seq")
                .to("receipts", "seq"),
        )
        .foreign_key(&mut belongs_to_payment(REFUNDS, "refunds_payment_fk"))
        .check(Check::named("refunds_amount_positive", Expr::col("amount").gte(1)))
        .check(Check::named("refunds_state_known", state_known()))
        .check(Check::named("refunds_version_positive", Expr::col("version").gte(1)))
        .take();
    let indexes = vec![
        index(REFUNDS, "refunds_number", &["number"]).unique().take(),
        index(REFUNDS, "refunds_receipt", &["receipt_seq"]),
        index(REFUNDS, "refunds_payment", &["payment_id"]),
        index(REFUNDS, "refunds_state", &["state", "seq"]),
        index(REFUNDS, "refunds_currency", &["currency", "seq"]),
    ];
    NewTable { table, indexes }
}

fn state_known() -> Expr {
    Expr::col("state").is_in(["DUE", "REQUESTED", "APPROVED", "SENT", "FAILED", "WITHDRAWN"])
}
