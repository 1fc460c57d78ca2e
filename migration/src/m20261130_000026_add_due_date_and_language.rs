//! The due date of a payment and the language of its payer. Payments of earlier releases have neither.

use sea_orm_migration::sea_query::{MysqlQueryBuilder, Table};

use crate::Dialect;
use crate::columns::Columns;
use crate::step::{Addition, Change, Step, TableChange};

pub(crate) const STEP: Step =
    Step { name: "m20261130_000026_add_due_date_and_language", change: Change::Alter { tables } };

/// The width of `language`: a code of ISO 639-1.
const LANGUAGE_CHARS: u32 = 2;

fn tables(column: Columns) -> Vec<TableChange> {
    let (due_on, language) =
        (column.date("due_on").null().take(), column.code("language", LANGUAGE_CHARS).null().take());
    let alter = match column.0 {
        Dialect::MySql => {
            let table = Table::alter().table("payments").add_column(due_on).add_column(language).take();
            vec![table.to_string(MysqlQueryBuilder)]
        }
        // SQLite adds one column at a time.
        Dialect::Sqlite => vec![
            "ALTER TABLE payments ADD COLUMN due_on date_text NULL".to_owned(),
            format!("ALTER TABLE payments ADD COLUMN language varchar({LANGUAGE_CHARS}) NULL"),
        ],
    };
    vec![TableChange {
        table: "payments",
        adds: Addition::Column("due_on"),
        drops_triggers: &[],
        alter,
        fill: Vec::new(),
    }]
}
