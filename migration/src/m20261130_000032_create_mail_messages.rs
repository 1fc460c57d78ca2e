//! `mail_messages`: the messages to payers that wait, were sent or were rejected. The rows are written outside of the ledger.

use sea_orm_migration::sea_query::Table;

use crate::columns::Columns;
use crate::step::Step;
use crate::table::{NewTable, index};

pub(crate) const STEP: Step = Step::table("m20261130_000032_create_mail_messages", MAIL_MESSAGES, create);

const MAIL_MESSAGES: &str = "mail_messages";

fn create(column: Columns) -> NewTable {
    // Without a foreign key: checking the key would lock rows of payments while the ledger writer changes them.
    let table = Table::create()
        .table(MAIL_MESSAGES)
        .col(column.bigint("event_seq").primary_key())
        .col(column.uuid("event_id"))
        .col(column.code("event_type", 64))
        .col(column.code("event_reference", 64))
        .col(column.document("payload"))
        .col(column.timestamp("occurred_at"))
        .col(column.code("reference", 24))
        .col(column.code("state", 16))
        .col(column.int("attempts"))
        .col(column.timestamp("not_before"))
        .col(column.timestamp("finished_at").null())
        .col(column.bytes("address_key", 32).null())
        .col(column.text("reason", 255).null())
        .take();
    NewTable {
        table,
        indexes: vec![
            index(MAIL_MESSAGES, "mail_messages_state", &["state", "event_seq"]),
            index(MAIL_MESSAGES, "mail_messages_reference", &["reference", "state", "event_seq"]),
            index(MAIL_MESSAGES, "mail_messages_address", &["address_key", "finished_at"]),
        ],
    }
}
