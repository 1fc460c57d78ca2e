//! Triggers that reject every change of an existing row in `audit_log`.
//!
//! The triggers prevent mistakes, but a user who may drop a trigger can still change rows. The hash chain detects this.

use crate::Dialect;
use crate::step::{Change, Step};
use crate::triggers::Trigger;

pub(crate) const STEP: Step =
    Step { name: "m20261124_000011_guard_audit_log", change: Change::Triggers { triggers } };

/// The error message.
const MESSAGE: &str = "audit_log only grows";

fn triggers(dialect: Dialect) -> Vec<Trigger> {
    let guard = |(name, change)| Trigger { name, create: create(dialect, name, change) };
    [("audit_log_no_update", "UPDATE"), ("audit_log_no_delete", "DELETE")].map(guard).into()
}

fn create(dialect: Dialect, name: &str, change: &str) -> String {
    match dialect {
        Dialect::MySql => format!(
            "CREATE TRIGGER {name} BEFORE {change} ON audit_log FOR EACH ROW\n\
             SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '{MESSAGE}'"
        ),
        Dialect::Sqlite => format!(
            "CREATE TRIGGER {name} BEFORE {change} ON audit_log\n\
             BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
        ),
    }
}
