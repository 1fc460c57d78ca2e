//! `payment_totals`: the totals of the dashboard by currency, updated by the ledger.

use sea_orm_migration::sea_query::Table;

use crate::columns::Columns;
use crate::step::Step;
use crate::table::NewTable;

pub(crate) const STEP: Step = Step::table("m20261122_000008_create_payment_totals", PAYMENT_TOTALS, create);

const PAYMENT_TOTALS: &str = "payment_totals";

fn create(column: Columns) -> NewTable {
    Table::create()
        .table(PAYMENT_TOTALS)
        .col(column.code("currency_from", 3).primary_key())
        .col(column.bigint("payments"))
        .col(column.bigint("passed"))
        .col(column.bigint("flagged"))
        .col(column.bigint("cancelled"))
        .col(column.bigint("above_threshold"))
        .col(column.bigint("amount_outstanding"))
        .col(column.bigint("amount_received"))
        .take()
        .into()
}
