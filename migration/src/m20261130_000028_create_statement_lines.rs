//! `statement_lines`: the lines of imported statements, each once.

use sea_orm_migration::sea_query::{ForeignKey, Table};

use crate::columns::Columns;
use crate::step::Step;
use crate::table::{NewTable, index};

pub(crate) const STEP: Step = Step::table("m20261130_000028_create_statement_lines", STATEMENT_LINES, create);

const STATEMENT_LINES: &str = "statement_lines";

fn create(column: Columns) -> NewTable {
    let mut of_import = ForeignKey::create()
        .name("statement_lines_import_fk")
        .from(STATEMENT_LINES, "import_id")
        .to("statement_imports", "id")
        .take();
    let table = Table::create()
        .table(STATEMENT_LINES)
        // The identity of the line. As the primary key it keeps a line from being imported twice.
        .col(column.bytes("id", 32).primary_key())
        .col(column.uuid("import_id"))
        .col(column.bigint("number"))
        .col(column.code("account", 64))
        .col(column.code("direction", 6))
        .col(column.code("currency", 3))
        .col(column.bigint("amount"))
        .col(column.int("is_reversal"))
        .col(column.date("booking_date"))
        .col(column.date("value_date"))
        .col(column.code("bank_id", 128).null())
        .col(column.code("batch_role", 6))
        .col(column.code("batch_id", 128).null())
        .col(column.document("texts"))
        .col(column.code("state", 16))
        .col(column.code("receipt", 32).null())
        .foreign_key(&mut of_import)
        .take();
    let indexes = vec![
        index(STATEMENT_LINES, "statement_lines_import_idx", &["import_id", "state", "number"]),
        index(STATEMENT_LINES, "statement_lines_amount_idx", &["account", "amount"]),
        index(STATEMENT_LINES, "statement_lines_batch_idx", &["account", "batch_id"]),
        index(STATEMENT_LINES, "statement_lines_receipt_idx", &["receipt"]),
    ];
    NewTable { table, indexes }
}
