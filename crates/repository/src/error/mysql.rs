//! Error numbers of MySQL and MariaDB.

use hermes_domain::ports::StoreError;

use super::ErrorClass;

/// Classifies an error.
///
/// MySQL and MariaDB share the numbers up to 1999. The SQLSTATE distinguishes the meanings of a higher number.
pub(super) fn classify(number: u16, sqlstate: Option<&str>) -> ErrorClass {
    match number {
        // Deadlock, lock wait timeout, row changed since the snapshot; conflicts in group replication and Galera.
        1213 | 1205 | 1020 | 3101 => StoreError::Transient,
        // The server closed the connection: shutdown, KILL, idle timeout, unknown statement handle.
        1053 | 1927 | 3169 | 4031 | 1243 => StoreError::Transient,
        // Too many connections in total or of this user; host or login rejected.
        1040 | 1203 | 1226 | 1129 | 1130 | 1044 | 1045 | 1049 | 1698 => StoreError::Unavailable,
        // Read-only server or transaction: another server may accept writes by now.
        1290 | 1792 | 1836 => StoreError::ReadOnly,
        // Not part of its cluster.
        1047 | 3100 => StoreError::Unavailable,
        // Disk, table, memory or lock table full; storage engine error.
        1021 | 1114 | 1037 | 1038 | 1041 | 1206 | 1030 => StoreError::Unavailable,
        // The statement timed out or was killed.
        1317 | 1969 | 3024 => StoreError::Unavailable,
        // Duplicate key; foreign key; value that does not fit its column.
        1022 | 1062 | 1169 | 1586 | 1216 | 1217 | 1451 | 1452 => StoreError::Rejected,
        1048 | 1264 | 1265 | 1292 | 1366 | 1406 | 1118 => StoreError::Rejected,
        // Larger than max_allowed_packet.
        1153 | 1301 => StoreError::TooLarge,
        // CHECK constraint: the number of MySQL, then the number of MariaDB, which is another error on MySQL.
        3819 => StoreError::Rejected,
        4025 if sqlstate == Some("23000") => StoreError::Rejected,
        _ => match sqlstate {
            Some("40001") => StoreError::Transient,
            Some(state) if state.starts_with("08") => StoreError::Unavailable,
            _ => StoreError::Internal,
        },
    }
}

/// Returns whether a COMMIT with this error was definitely rolled back.
///
/// Deadlocks, conflicts with another cluster member and a server that became read-only roll back first.
pub(super) fn is_definite_rollback(number: u16) -> bool {
    matches!(number, 1213 | 3101 | 1290)
}

/// Returns the message without the values that some errors quote.
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
