//! What both the ledger and the readers load: the head, and payments together with their checks.

mod checks;
mod payments;

use hermes_domain::ledger::LedgerHead;
use hermes_domain::ports::StoreError;
use sea_orm::prelude::*;
use sea_orm::{QueryTrait, Select};

use crate::entity::ledger_head;
use crate::error::statement_error;

pub(crate) use checks::{IdLocality, by_payment, check_rows};
pub(crate) use payments::{Loaded, payment_rows};

/// Reads rows as the driver has them.
async fn rows<C: ConnectionTrait, E: EntityTrait>(
    connection: &C,
    select: Select<E>,
) -> Result<Vec<QueryResult>, StoreError> {
    connection.query_all(select.as_query()).await.map_err(statement_error)
}

/// Reads the head.
pub(crate) async fn head<C: ConnectionTrait>(connection: &C) -> Result<LedgerHead, StoreError> {
    ledger_head::Entity::find_by_id(ledger_head::ROW_ID)
        .one(connection)
        .await
        .map_err(statement_error)?
        .ok_or_else(no_head)?
        .try_into()
}

/// What is said of a database without the row of the head.
pub(crate) fn no_head() -> StoreError {
    StoreError::Corrupt("the ledger's head is missing".to_owned())
}
