//! `event_relay`: the lease of the instance that publishes events, and the published position.

use sea_orm_migration::sea_query::{Check, Expr, ExprTrait, Table};

use crate::columns::Columns;
use crate::step::Step;
use crate::table::NewTable;

pub(crate) const STEP: Step = Step::table("m20261124_000009_create_event_relay", EVENT_RELAY, create);

const EVENT_RELAY: &str = "event_relay";

fn create(column: Columns) -> NewTable {
    Table::create()
        .table(EVENT_RELAY)
        .col(column.int("id").primary_key())
        .col(column.uuid("holder"))
        .col(column.bigint("expires_at_ms"))
        .col(column.bigint("published_seq"))
        .check(Check::named("event_relay_single_row", Expr::col("id").eq(1)))
        .take()
        .into()
}
