//! Columns for receipts: the shortfall written off of a payment, the counts of the head, and the totals of receipts.
//!
//! `audit_log` gets an index on the subject, by which an erasure finds the rows of receipts.

use crate::Dialect;
use crate::columns::Columns;
use crate::step::{Addition, Change, Step, TableChange};

pub(crate) const STEP: Step =
    Step { name: "m20261130_000021_support_receipts", change: Change::Alter { tables } };

fn tables(column: Columns) -> Vec<TableChange> {
    let add = |table, columns: &[(&'static str, i64)]| add_columns(column.0, table, columns);
    vec![
        add("payments", &[("shortfall_written_off", 0)]),
        add("ledger_head", &[("next_receipt", 1), ("next_refund", 1)]),
        add("payment_totals", &[("receipts", 0), ("credit", 0), ("refunds_due", 0)]),
        TableChange {
            table: "audit_log",
            adds: Addition::Index("audit_log_subject"),
            drops_triggers: &[],
            alter: vec![
                "CREATE INDEX audit_log_subject ON audit_log (subject_type, subject_id, seq)".to_owned(),
            ],
            fill: Vec::new(),
        },
    ]
}

/// Adds columns of numbers with their default values.
fn add_columns(dialect: Dialect, table: &'static str, columns: &[(&'static str, i64)]) -> TableChange {
    let definition = |(name, default): &(&str, i64)| match dialect {
        Dialect::MySql => format!("ADD COLUMN `{name}` bigint NOT NULL DEFAULT {default}"),
        Dialect::Sqlite => format!("ADD COLUMN {name} integer NOT NULL DEFAULT {default}"),
    };
    let additions: Vec<String> = columns.iter().map(definition).collect();
    let alter = match dialect {
        Dialect::MySql => vec![format!("ALTER TABLE `{table}` {}", additions.join(", "))],
        // SQLite changes one column at a time.
        Dialect::Sqlite => {
            additions.iter().map(|addition| format!("ALTER TABLE {table} {addition}")).collect()
        }
    };
    let last = columns.last().map_or("", |(name, _)| name);
    TableChange { table, adds: Addition::Column(last), drops_triggers: &[], alter, fill: Vec::new() }
}
