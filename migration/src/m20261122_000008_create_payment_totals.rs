//! `payment_totals`: the totals of the dashboard by currency, updated by the ledger.

use sea_orm_migration::sea_query::Table;

use crate::{
    Dialect,
    columns::Columns,
    step::{Change, Step},
    table::create_table,
};

pub(crate) const STEP: Step = Step {
    name: "m20261122_000008_create_payment_totals",
    change: Change::Table { name: PAYMENT_TOTALS, create },
};

const PAYMENT_TOTALS: &str = "payment_totals";

fn create(dialect: Dialect) -> Vec<String> {
    let column = Columns(dialect);
    let table = Table::create()
        .table(PAYMENT_TOTALS)
        .col(column.code("currency_from", 3).primary_key())
        .col(column.bigint("payments"))
        .col(column.bigint("passed"))
        .col(column.bigint("flagged"))
        .col(column.bigint("cancelled"))
        .col(column.bigint("above_threshold"))
        .col(column.bigint("amount_outstanding"))
        .col(column.bigint("amount_received"))
        .take();
    create_table(dialect, table, vec![])
}
