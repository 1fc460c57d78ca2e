//! Result codes of SQLite (<https://www.sqlite.org/rescode.html>).

use hermes_domain::ports::StoreError;

use super::ErrorClass;

/// Returns the primary result code: the lower eight bits of an extended code, or 1 (generic error) without a code.
pub(super) fn primary_code(extended: Option<&str>) -> i32 {
    extended.and_then(|code| code.parse::<i32>().ok()).map_or(1, |code| code & 0xff)
}

/// Returns whether a trigger rejected the statement. The only trigger that rejects an INSERT is the one for existing audit
/// numbers.
pub(super) fn is_rejected_by_trigger(extended: Option<&str>) -> bool {
    extended == Some("1811")
}

/// Classifies an error.
pub(super) fn classify(primary: i32) -> ErrorClass {
    match primary {
        // BUSY, LOCKED, PROTOCOL (a race for the WAL), SCHEMA (changed; prepare again).
        5 | 6 | 15 | 17 => StoreError::Transient,
        // PERM, NOMEM, READONLY, INTERRUPT, IOERR, FULL, CANTOPEN.
        3 | 7 | 8 | 9 | 10 | 13 | 14 => StoreError::Unavailable,
        // TOOBIG.
        18 => StoreError::TooLarge,
        // CONSTRAINT, MISMATCH.
        19 | 20 => StoreError::Rejected,
        _ => StoreError::Internal,
    }
}

/// Returns whether a COMMIT with this error definitely did not happen: a busy file leaves the transaction open.
pub(super) fn is_definite_rollback(primary: i32) -> bool {
    matches!(primary, 5 | 6)
}
