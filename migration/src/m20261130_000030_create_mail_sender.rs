//! `mail_sender`: the lease of the instance that sends mail, the cursor over the outbox, and the outage of the mail server.

use sea_orm_migration::sea_query::{Check, Expr, ExprTrait, Table};

use crate::columns::Columns;
use crate::step::Step;
use crate::table::NewTable;

pub(crate) const STEP: Step = Step::table("m20261130_000030_create_mail_sender", MAIL_SENDER, create);

const MAIL_SENDER: &str = "mail_sender";

fn create(column: Columns) -> NewTable {
    Table::create()
        .table(MAIL_SENDER)
        .col(column.int("id").primary_key())
        .col(column.uuid("holder"))
        .col(column.bigint("expires_at_ms"))
        // -1 before mail is configured for the first time.
        .col(column.bigint("cursor_seq"))
        .col(column.timestamp("failing_since").null())
        .col(column.text("last_error", 255).null())
        .check(Check::named("mail_sender_single_row", Expr::col("id").eq(1)))
        .take()
        .into()
}
