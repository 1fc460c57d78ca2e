//! A trigger for SQLite that rejects a `REPLACE` of a row in `audit_log`.
//!
//! A `REPLACE` deletes the existing row. On a server, the DELETE trigger rejects this. SQLite runs the DELETE trigger only
//! on connections with `PRAGMA recursive_triggers`, which is off by default.

use crate::Dialect;
use crate::step::{Change, Step};
use crate::triggers::Trigger;

pub(crate) const STEP: Step =
    Step { name: "m20261124_000012_refuse_replaced_audit_rows", change: Change::Triggers { triggers } };

fn triggers(dialect: Dialect) -> Vec<Trigger> {
    match dialect {
        Dialect::MySql => Vec::new(),
        Dialect::Sqlite => vec![Trigger { name: "audit_log_no_replace", create: CREATE.to_owned() }],
    }
}

/// An ordinary INSERT of an existing number fails without the trigger; a REPLACE fails only with the trigger.
const CREATE: &str = "\
CREATE TRIGGER audit_log_no_replace BEFORE INSERT ON audit_log
WHEN EXISTS (SELECT 1 FROM audit_log WHERE seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'audit_log only grows'); END";
