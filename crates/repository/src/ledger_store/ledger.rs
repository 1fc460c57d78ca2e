//! Beginning transactions, and finding out what became of one.

use async_trait::async_trait;
use hermes_domain::ledger::LedgerHead;
use hermes_domain::ports::{LedgerStore, LedgerTransaction, StoreError};
use sea_orm::{SqliteTransactionMode, TransactionOptions, TransactionTrait};

use super::committed;
use super::transaction::SqlLedgerTransaction;
use crate::Database;
use crate::error::statement_error;

/// The ledger on SQLite, MySQL or MariaDB.
///
/// A transaction on SQLite begins IMMEDIATE: it is the only one of all processes from its first statement on.
/// On a server it is so from the lock of the head on.
#[derive(Debug, Clone)]
pub struct SqlLedgerStore {
    pub(super) database: Database,
}

impl SqlLedgerStore {
    /// A store on an open database, which must be migrated.
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
            .run(|connection, slot| async move {
                // Servers ignore the mode.
                let options = TransactionOptions {
                    sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
                    ..TransactionOptions::default()
                };
                let transaction = connection.begin_with_options(options).await;
                let transaction = transaction.map_err(statement_error)?;
                Ok(SqlLedgerTransaction::new(transaction, &database, slot))
            })
            .await?;
        Ok(Box::new(transaction))
    }

    async fn is_committed(&self, head: &LedgerHead) -> Result<bool, StoreError> {
        let (database, head) = (self.database.clone(), *head);
        self.database
            .writer
            .run(|_, slot| async move {
                let connection = database.connect_dedicated().await?;
                let answer = committed::look_up(&connection, &head).await;
                if let Err(error) = connection.close().await {
                    log::debug!("a connection did not close cleanly: {error}");
                }
                drop(slot);
                answer
            })
            .await
    }
}
