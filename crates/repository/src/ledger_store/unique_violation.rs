//! Keys of new rows that are taken although the ledger is locked.
//!
//! Nothing that goes through the lane takes them: somebody wrote around it, or restored a part of a backup.

use hermes_domain::ports::StoreError;
use sea_orm::{DbErr, EntityName};

use super::row::Row;
use crate::error::{is_unique_violation, statement_error};

/// Where a key comes from, and with it what may be done about one that is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyOrigin {
    /// The head counts it, and its rows have gone past it: until somebody sets that right, no batch can be stored.
    Head,
    /// It was drawn at random, or looked for and not found: the next try draws another, or finds whose it is.
    Try,
}

/// The meaning of an error of an INSERT.
pub(super) fn insert_error<R: Row>(error: DbErr) -> StoreError {
    let is_unique_violation = is_unique_violation(&error);
    match statement_error(error) {
        StoreError::Rejected(refusal) if is_unique_violation => {
            // MariaDB calls every primary key PRIMARY.
            let refusal = format!("{}: {refusal}", R::Entity::default().table_name());
            match R::key_source(&refusal) {
                KeyOrigin::Head => {
                    StoreError::Unavailable(format!("the ledger's head is behind its rows: {refusal}"))
                }
                KeyOrigin::Try => StoreError::Transient(refusal),
            }
        }
        other => other,
    }
}
