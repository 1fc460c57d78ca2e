//! Triggers that reject every change of an existing row in `audit_log`, except an erasure.
//!
//! An erasure deletes the salt of a row and replaces each personal value by its commitment. The trigger of a server
//! computes the commitments. SQLite has no SHA-256, so its trigger checks only the form, and the hash chain the rest.
//!
//! SQLite lost its triggers when the previous steps replaced the table, so all three are created again.

use crate::Dialect;
use crate::step::{Change, Step};
use crate::triggers::Trigger;

pub(crate) const STEP: Step =
    Step { name: "m20261130_000017_guard_erasable_audit_log", change: Change::Triggers { triggers } };

/// The error message.
const MESSAGE: &str = "audit_log only grows";

/// The columns that never change.
const FIXED: [&str; 8] =
    ["seq", "payment_id", "subject_type", "subject_id", "action", "actor", "created_at", "hash"];

/// The columns that an erasure changes, each at the index that its commitment contains.
const PERSONAL: [&str; 5] = ["reason", "old_value", "new_value", "user_agent", "ip_address"];

fn triggers(dialect: Dialect) -> Vec<Trigger> {
    match dialect {
        Dialect::MySql => vec![Trigger {
            name: "audit_log_no_update",
            create: format!(
                "CREATE TRIGGER audit_log_no_update BEFORE UPDATE ON audit_log FOR EACH ROW\n\
                 IF NOT ({}) THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '{MESSAGE}'; END IF",
                is_erasure(
                    // Without CAST, a comparison of texts ignores case.
                    |column| format!("CAST(NEW.{column} AS BINARY) <=> CAST(OLD.{column} AS BINARY)"),
                    |number, column| format!(
                        "NEW.{column} <=> SHA2(CONCAT(OLD.salt, CHAR({number}), OLD.{column}), 256)"
                    ),
                )
            ),
        }],
        Dialect::Sqlite => {
            let is_erasure = is_erasure(
                |column| format!("NEW.{column} IS OLD.{column}"),
                |_, column| {
                    format!(
                        "CASE WHEN OLD.{column} IS NULL THEN NEW.{column} IS NULL \
                     ELSE length(NEW.{column}) = 64 AND NEW.{column} NOT GLOB '*[^0-9a-f]*' END"
                    )
                },
            );
            vec![
                sqlite_trigger("audit_log_no_update", "UPDATE", &format!("NOT coalesce({is_erasure}, 0)")),
                sqlite_trigger("audit_log_no_delete", "DELETE", "true"),
                sqlite_trigger(
                    "audit_log_no_replace",
                    "INSERT",
                    "EXISTS (SELECT 1 FROM audit_log WHERE seq = NEW.seq)",
                ),
            ]
        }
    }
}

/// Returns the condition that an UPDATE is an erasure.
fn is_erasure(is_fixed: fn(&str) -> String, is_erased: fn(usize, &str) -> String) -> String {
    let salt = "OLD.salt IS NOT NULL AND NEW.salt IS NULL".to_owned();
    let fixed = FIXED.iter().map(|column| is_fixed(column));
    let personal = PERSONAL.iter().enumerate().map(|(number, column)| is_erased(number, column));
    std::iter::once(salt).chain(fixed).chain(personal).collect::<Vec<_>>().join("\n    AND ")
}

fn sqlite_trigger(name: &'static str, change: &str, condition: &str) -> Trigger {
    let create = format!(
        "CREATE TRIGGER {name} BEFORE {change} ON audit_log\nWHEN {condition}\n\
         BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
    );
    Trigger { name, create }
}
