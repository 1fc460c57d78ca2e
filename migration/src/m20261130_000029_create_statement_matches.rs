//! `statement_matches`: the payments that a line can pay, with the evidence.

use sea_orm_migration::sea_query::{ForeignKey, Table};

use crate::columns::Columns;
use crate::step::Step;
use crate::table::{NewTable, index};

pub(crate) const STEP: Step =
    Step::table("m20261130_000029_create_statement_matches", STATEMENT_MATCHES, create);

const STATEMENT_MATCHES: &str = "statement_matches";

fn create(column: Columns) -> NewTable {
    let mut of_line = ForeignKey::create()
        .name("statement_matches_line_fk")
        .from(STATEMENT_MATCHES, "line_id")
        .to("statement_lines", "id")
        .take();
    let table = Table::create()
        .table(STATEMENT_MATCHES)
        .col(column.uuid("id").primary_key())
        .col(column.uuid("import_id"))
        .col(column.bytes("line_id", 32))
        .col(column.code("certainty", 32))
        // The references and amounts, and the reasons as sentences; both as JSON.
        .col(column.document("parts"))
        .col(column.document("evidence"))
        .col(column.code("state", 16))
        .col(column.text("decided_by", 128).null())
        .col(column.timestamp("decided_at").null())
        .col(column.timestamp("created_at"))
        .foreign_key(&mut of_line)
        .take();
    let indexes = vec![
        index(STATEMENT_MATCHES, "statement_matches_line_idx", &["line_id"]),
        index(STATEMENT_MATCHES, "statement_matches_state_idx", &["state", "created_at", "id"]),
        index(STATEMENT_MATCHES, "statement_matches_import_idx", &["import_id", "created_at", "id"]),
    ];
    NewTable { table, indexes }
}
