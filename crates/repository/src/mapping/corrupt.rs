//! Rows that do not make sense.

use std::fmt::Display;

use hermes_domain::ports::StoreError;

/// Names a column of a row that no Hermes has written so.
pub(super) fn corrupt(table: &str, row: impl Display, column: &str) -> StoreError {
    StoreError::Corrupt(format!("{table} {row}: {column}"))
}

/// Reads 32 bytes.
pub(super) fn digest(
    bytes: &[u8],
    table: &str,
    row: impl Display,
    column: &str,
) -> Result<[u8; 32], StoreError> {
    bytes.try_into().map_err(|_| corrupt(table, row, column))
}
