//! A trigger for SQLite that keeps `REPLACE` from changing a row of `audit_log`.
//!
//! Servers delete the row that is replaced, which a trigger refuses already. SQLite deletes it too, but asks the triggers
//! only on connections with `PRAGMA recursive_triggers`, which nobody has to set.

use crate::{
    Dialect,
    step::{Change, Step, Trigger},
};

pub(crate) const STEP: Step =
    Step { name: "m20261124_000012_refuse_replaced_audit_rows", change: Change::Triggers { triggers } };

fn triggers(dialect: Dialect) -> &'static [Trigger] {
    match dialect {
        Dialect::MySql => &[],
        Dialect::Sqlite => &[Trigger { name: "audit_log_no_replace", create: |_| CREATE.to_owned() }],
    }
}

/// An INSERT of a number that is there would be refused anyway, but for the REPLACE.
const CREATE: &str = "\
CREATE TRIGGER audit_log_no_replace BEFORE INSERT ON audit_log
WHEN EXISTS (SELECT 1 FROM audit_log WHERE seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'audit_log only grows'); END";
