//! Whether a batch whose COMMIT was not answered is there.

use hermes_domain::ledger::LedgerHead;
use hermes_domain::ports::StoreError;
use sea_orm::prelude::*;
use sea_orm::{DatabaseConnection, QuerySelect, TransactionTrait};

use crate::entity::{ledger_head, outbox};
use crate::error::statement_error;

/// Looks the batch up by its token: in the head, and, when other batches have followed, in the outbox.
///
/// The head is read with its lock. A COMMIT that was sent may still be under way, and its transaction holds
/// that lock until it ended in one way or the other: who did not wait for it could take a batch for lost that
/// is there a moment later. When the wait is too long the answer is an error, and the question stays open.
pub(super) async fn look_up(connection: &DatabaseConnection, head: &LedgerHead) -> Result<bool, StoreError> {
    let transaction = connection.begin().await.map_err(statement_error)?;
    let last = ledger_head::Entity::find_by_id(ledger_head::ROW_ID)
        .lock_exclusive()
        .one(&transaction)
        .await
        .map_err(statement_error)?;
    let is_last = last.is_some_and(|row| row.token == head.token.0);
    let found = is_last
        || outbox::Entity::find_by_id(head.event_seq)
            .filter(outbox::Column::BatchToken.eq(head.token.0))
            .one(&transaction)
            .await
            .map_err(statement_error)?
            .is_some();
    transaction.rollback().await.map_err(statement_error)?;
    Ok(found)
}
