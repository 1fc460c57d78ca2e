//! `event_relay`: the lease of the instance that publishes events, and the published position.

use sea_orm_migration::sea_query::{Expr, ExprTrait, Table};

use crate::{
    Dialect,
    columns::Columns,
    step::{Change, Step},
    table::{check, create_table},
};

pub(crate) const STEP: Step =
    Step { name: "m20261124_000009_create_event_relay", change: Change::Table { name: EVENT_RELAY, create } };

const EVENT_RELAY: &str = "event_relay";

fn create(dialect: Dialect) -> Vec<String> {
    let column = Columns(dialect);
    let table = Table::create()
        .table(EVENT_RELAY)
        .col(column.int("id").primary_key())
        .col(column.uuid("holder"))
        .col(column.bigint("expires_at_ms"))
        .col(column.bigint("published_seq"))
        .check(check("event_relay_single_row", Expr::col("id").eq(1)))
        .take();
    create_table(dialect, table, vec![])
}
