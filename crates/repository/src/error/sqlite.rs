//! Result codes of SQLite (<https://www.sqlite.org/rescode.html>).

use super::ErrorClass;

/// The primary result code: the lower eight bits of an extended one. 1 is SQLite's "some error".
pub(super) fn primary_code(extended: Option<&str>) -> i32 {
    extended.and_then(|code| code.parse::<i32>().ok()).map_or(1, |code| code & 0xff)
}

/// Whether a trigger refused it. The only one that refuses a row to be inserted is that of audit numbers that are there.
pub(super) fn is_refused_by_trigger(extended: Option<&str>) -> bool {
    extended == Some("1811")
}

/// What an error means.
pub(super) fn classify(primary: i32) -> ErrorClass {
    match primary {
        // BUSY, LOCKED, PROTOCOL (a race for the WAL), SCHEMA (changed, to be prepared again).
        5 | 6 | 15 | 17 => ErrorClass::Transient,
        // PERM, NOMEM, READONLY, INTERRUPT, IOERR, FULL, CANTOPEN.
        3 | 7 | 8 | 9 | 10 | 13 | 14 => ErrorClass::Unavailable,
        // TOOBIG.
        18 => ErrorClass::TooLarge,
        // CONSTRAINT, MISMATCH.
        19 | 20 => ErrorClass::Rejected,
        _ => ErrorClass::Internal,
    }
}

/// Whether a COMMIT that ends so was surely not carried out: a busy file leaves the transaction open.
pub(super) fn is_definite_rollback(primary: i32) -> bool {
    matches!(primary, 5 | 6)
}
