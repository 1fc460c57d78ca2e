//! The row of `ledger_head`: an empty ledger whose first reference is 1.

use crate::Dialect;
use crate::step::{Change, Step};

pub(crate) const STEP: Step = Step {
    name: "m20261122_000005_insert_ledger_head",
    change: Change::Row { table: "ledger_head", insert },
};

fn insert(dialect: Dialect) -> String {
    let epoch = match dialect {
        Dialect::MySql => "1970-01-01 00:00:00.000000",
        Dialect::Sqlite => "1970-01-01T00:00:00+00:00",
    };
    let no_token = "0".repeat(2 * 16);
    let no_hash = "0".repeat(2 * 32);
    format!(
        "INSERT INTO ledger_head (id, seq, token, next_reference, audit_seq, audit_hash, event_seq, advanced_at)\n\
         VALUES (1, 0, X'{no_token}', 1, 0, X'{no_hash}', 0, '{epoch}')"
    )
}
