//! `statement_imports`: the imported statement files.

use sea_orm_migration::sea_query::Table;

use crate::columns::Columns;
use crate::step::Step;
use crate::table::{NewTable, index};

pub(crate) const STEP: Step =
    Step::table("m20261130_000027_create_statement_imports", STATEMENT_IMPORTS, create);

const STATEMENT_IMPORTS: &str = "statement_imports";

fn create(column: Columns) -> NewTable {
    let table = Table::create()
        .table(STATEMENT_IMPORTS)
        .col(column.uuid("id").primary_key())
        .col(column.text("file_name", 255))
        .col(column.text("format", 64))
        .col(column.text("csv_profile", 64).null())
        .col(column.text("csv_account", 64).null())
        .col(column.code("state", 16))
        .col(column.text("reason", 1_000).null())
        // The number of lines of the file, and of those that are processed.
        .col(column.bigint("line_count"))
        .col(column.bigint("position"))
        .col(column.text("imported_by", 128))
        .col(column.text("undone_by", 128).null())
        // The process that works on the import, and until when no other process may.
        .col(column.uuid("claimed_by").null())
        .col(column.timestamp("claimed_until").null())
        .col(column.timestamp("created_at"))
        .col(column.timestamp("finished_at").null())
        .take();
    let by_state = index(STATEMENT_IMPORTS, "statement_imports_state_idx", &["state", "created_at"]);
    NewTable { table, indexes: vec![by_state] }
}
