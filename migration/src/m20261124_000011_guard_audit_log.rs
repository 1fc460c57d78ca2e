//! Triggers that let `audit_log` only grow: whoever could change a row, also by mistake, is refused.
//!
//! They are a fence and not a proof: who may drop a trigger may change a row. The proof is the chain.

use crate::{
    Dialect,
    step::{Change, Step, Trigger},
};

pub(crate) const STEP: Step =
    Step { name: "m20261124_000011_guard_audit_log", change: Change::Triggers { triggers: |_| TRIGGERS } };

const TRIGGERS: &[Trigger] = &[
    Trigger {
        name: "audit_log_no_update",
        create: |dialect| create(dialect, "audit_log_no_update", "UPDATE"),
    },
    Trigger {
        name: "audit_log_no_delete",
        create: |dialect| create(dialect, "audit_log_no_delete", "DELETE"),
    },
];

/// What whoever tries is told.
const MESSAGE: &str = "audit_log only grows";

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
