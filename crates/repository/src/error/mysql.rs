//! Error numbers of MySQL and MariaDB.

use super::ErrorClass;

/// What an error means.
///
/// MySQL and MariaDB share the numbers up to 1999; where one above means two things, the SQLSTATE tells.
pub(super) fn classify(number: u16, sqlstate: Option<&str>) -> ErrorClass {
    match number {
        // Deadlock, lock wait, row changed since the snapshot; group replication's and Galera's conflicts.
        1213 | 1205 | 1020 | 3101 => ErrorClass::Transient,
        // The server ends the connection: shutdown, killed, idle for too long, unknown statement handle.
        1053 | 1927 | 3169 | 4031 | 1243 => ErrorClass::Transient,
        // Too many connections of all or of this user; the host or the login is not let in.
        1040 | 1203 | 1226 | 1129 | 1130 | 1044 | 1045 | 1049 | 1698 => ErrorClass::Unavailable,
        // Read-only server or transaction: the one that takes writes may be another by now.
        1290 | 1792 | 1836 => ErrorClass::ReadOnly,
        // Not yet or no longer part of its cluster.
        1047 | 3100 => ErrorClass::Unavailable,
        // Full: disk, table, memory, locks; an error of the storage engine.
        1021 | 1114 | 1037 | 1038 | 1041 | 1206 | 1030 => ErrorClass::Unavailable,
        // The statement ran into its time limit, or was killed.
        1317 | 1969 | 3024 => ErrorClass::Unavailable,
        // Duplicates; rows that refer to nothing; values that do not fit their column.
        1022 | 1062 | 1169 | 1586 | 1216 | 1217 | 1451 | 1452 => ErrorClass::Rejected,
        1048 | 1264 | 1265 | 1292 | 1366 | 1406 | 1118 => ErrorClass::Rejected,
        // More than max_allowed_packet.
        1153 | 1301 => ErrorClass::TooLarge,
        // A condition of the table: MySQL's number, then MariaDB's, which is another error on MySQL.
        3819 => ErrorClass::Rejected,
        4025 if sqlstate == Some("23000") => ErrorClass::Rejected,
        _ => match sqlstate {
            Some("40001") => ErrorClass::Transient,
            Some(state) if state.starts_with("08") => ErrorClass::Unavailable,
            _ => ErrorClass::Internal,
        },
    }
}

/// Whether a COMMIT that ends so was surely not carried out: deadlocks, conflicts with another member of a
/// cluster, and a server that became read-only, which all roll back first.
pub(super) fn is_definite_rollback(number: u16) -> bool {
    matches!(number, 1213 | 3101 | 1290)
}

/// The error for people, without the values that some messages quote.
pub(super) fn message(number: u16, text: &str) -> String {
    match number {
        // Duplicate entry '…' for key '…'
        1062 | 1586 => match text.rsplit_once(" for key ") {
            Some((_, key)) => format!("{number}: duplicate entry for key {key}"),
            None => format!("{number}: duplicate entry"),
        },
        // Data truncated, incorrect value '…' for column '…'
        1265 | 1292 | 1366 => match text.rsplit_once(" for column ") {
            Some((_, column)) => format!("{number}: incorrect value for column {column}"),
            None => format!("{number}: incorrect value"),
        },
        _ => format!("{number}: {text}"),
    }
}
