//! The database of the ledger: transactions of batches, and idempotency keys.
//!
//! **Round trips** of a batch of *n* bookings on a server. BEGIN, the head, the idempotency keys and the duplicates take
//! one each. The totals take one more if another instance wrote last. `payments`, `validation_results`, `audit_log`,
//! `outbox` and `idempotency_keys` then take one INSERT each per 64 bookings. The totals, the head and COMMIT take one
//! each. A batch of up to 64 bookings therefore takes 12 round trips, or 10 without idempotency keys; a full batch of 256
//! takes 27.
//!
//! Commands that name payments load the payments and their checks with two more. Multi-row upserts of altered payments and
//! of their checks replace the first two INSERTs. `receipts.rs` describes the statements of receipts. A command that changes
//! an API key loads the key with one more and writes at most two rows.
//!
//! An erasure also reads the audit rows and the idempotency records of its payment with one statement each. It
//! updates 256 audit rows with one statement, and each idempotency record with one.

mod changes;
mod duplicates;
mod erasure;
mod facts;
mod insert;
mod insert_row;
mod keys;
mod receipts;
mod transaction;

use async_trait::async_trait;
use hermes_domain::ledger::LedgerHead;
use hermes_domain::ports::{IdempotencyStore, LedgerStore, LedgerTransaction, StoreError};
use sea_orm::prelude::*;
use sea_orm::{
    DatabaseConnection, QueryOrder, QuerySelect, SqliteTransactionMode, TransactionOptions, TransactionTrait,
};

use self::transaction::SqlLedgerTransaction;
use crate::Database;
use crate::entity::{idempotency_keys, ledger_head, outbox};
use crate::error::statement_error;

/// The ledger on SQLite, MySQL or MariaDB.
///
/// A transaction excludes all others in every process. On SQLite, BEGIN IMMEDIATE takes the lock; on a server, locking the
/// head does.
#[derive(Debug, Clone)]
pub struct SqlLedgerStore {
    database: Database,
}

impl SqlLedgerStore {
    /// Creates a store on an open, migrated database.
    pub fn new(database: &Database) -> Self {
        Self { database: database.clone() }
    }
}

#[async_trait]
impl LedgerStore for SqlLedgerStore {
    async fn begin(&self) -> Result<Box<dyn LedgerTransaction>, StoreError> {
        let database = self.database.clone();
        let transaction = self
            .database
            .writer
            .run(|connection, permit| async move {
                // Servers ignore the mode.
                let options = TransactionOptions {
                    sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
                    ..TransactionOptions::default()
                };
                let transaction = connection.begin_with_options(options).await.map_err(statement_error)?;
                Ok(SqlLedgerTransaction::new(transaction, &database, permit))
            })
            .await?;
        Ok(Box::new(transaction))
    }

    async fn is_committed(&self, head: &LedgerHead) -> Result<bool, StoreError> {
        let (database, head) = (self.database.clone(), *head);
        self.database
            .writer
            .write(|_| async move {
                let connection = database.connect_dedicated().await?;
                let is_committed = is_committed(&connection, &head).await;
                if let Err(error) = connection.close().await {
                    log::debug!("a connection did not close cleanly: {error}");
                }
                is_committed
            })
            .await
    }
}

#[async_trait]
impl IdempotencyStore for SqlLedgerStore {
    async fn purge_idempotency(&self, before: DateTimeUtc, limit: u64) -> Result<u64, StoreError> {
        let purge =
            move |connection| async move { purge(&connection, before, limit).await.map_err(statement_error) };
        self.database.writer.write(purge).await
    }
}

/// Looks up a batch by its token: first in the head, and, if other batches have followed, in the outbox.
///
/// The head is read with its lock. A COMMIT that was sent may still be running, and its transaction holds the lock until
/// the transaction ends. Without waiting for the lock, a batch could be reported as lost and appear a moment later. If the
/// wait is too long, the result is an error and the outcome stays unknown.
async fn is_committed(connection: &DatabaseConnection, head: &LedgerHead) -> Result<bool, StoreError> {
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

/// Deletes the oldest idempotency keys, at most `limit`, so that the ledger never waits long for their locks.
///
/// Records never change: a record that was old when read is still old when deleted.
async fn purge(connection: &DatabaseConnection, before: DateTimeUtc, limit: u64) -> Result<u64, DbErr> {
    use idempotency_keys::{Column, Entity};
    let old: Vec<Vec<u8>> = Entity::find()
        .select_only()
        .column(Column::ScopeHash)
        .filter(Column::CreatedAt.lt(before))
        .order_by_asc(Column::CreatedAt)
        .limit(limit)
        .into_tuple()
        .all(connection)
        .await?;
    if old.is_empty() {
        return Ok(0);
    }
    let deleted = Entity::delete_many().filter(Column::ScopeHash.is_in(old)).exec(connection).await?;
    Ok(deleted.rows_affected)
}
