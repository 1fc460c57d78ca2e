//! The port through which the ledger writer writes to the database.

use std::collections::HashMap;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::access::{KeyId, KeyRecord};
use crate::ledger::{Changes, Digest, IdempotencyRecord, LedgerHead, ReceiptQuery, Totals};
use crate::money::Currency;
use crate::payment::{DuplicateKey, Payment, PaymentKey, Reference};
use crate::receipt::{Receipt, StatementLineId};

/// A database error, classified by what the caller can do.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The transaction was rolled back; a retry may succeed.
    #[error("transient database error: {0}")]
    Transient(String),
    /// The database is down, full, out of connections or inconsistent; a later request may succeed.
    #[error("database unavailable: {0}")]
    Unavailable(String),
    /// The server does not accept writes; after a failover, another server may accept them.
    #[error("database read-only: {0}")]
    ReadOnly(String),
    /// The statement or the transaction is too large; a smaller batch may succeed.
    #[error("too large for the database: {0}")]
    TooLarge(String),
    /// The database rejected a row; a batch without the row may succeed.
    #[error("row rejected by the database: {0}")]
    Rejected(String),
    /// The clock of this process and the clock of the database differ too much to date a batch.
    #[error("no usable time: {0}")]
    ClockWrong(String),
    /// The connection was lost during COMMIT; the batch may or may not be committed.
    #[error("commit outcome unknown: {0}")]
    OutcomeUnknown(String),
    /// A stored row cannot be decoded.
    #[error("stored data is not valid: {0}")]
    Corrupt(String),
    /// Any other error, caused by the program or the schema.
    #[error("database error: {0}")]
    Internal(String),
}

impl StoreError {
    /// Returns whether the error concerns the whole database, so that any other transaction would fail too.
    ///
    /// A transient error counts: callers check this only after their retries have failed.
    pub const fn is_outage(&self) -> bool {
        match self {
            Self::Transient(_)
            | Self::Unavailable(_)
            | Self::ReadOnly(_)
            | Self::ClockWrong(_)
            | Self::OutcomeUnknown(_) => true,
            Self::TooLarge(_) | Self::Rejected(_) | Self::Corrupt(_) | Self::Internal(_) => false,
        }
    }
}

/// The locked head, and the clock of the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LockedHead {
    /// The head.
    pub head: LedgerHead,
    /// The time of the database when the statement that locked the head began.
    pub database_time: DateTime<Utc>,
}

/// Opens the transactions of the ledger writer.
///
/// # Contract
/// * From [`LedgerTransaction::lock_head`] until the end of the transaction, no other transaction of any instance
///   writes to the ledger.
/// * A commit that returned `Ok` is durable.
#[async_trait]
pub trait LedgerStore: Send + Sync {
    /// Begins a transaction.
    ///
    /// # Errors
    /// Returns an error if no connection is available.
    async fn begin(&self) -> Result<Box<dyn LedgerTransaction>, StoreError>;

    /// Returns whether the batch with this head was committed, using a new connection.
    ///
    /// # Errors
    /// Returns an error if the database fails.
    async fn is_committed(&self, head: &LedgerHead) -> Result<bool, StoreError>;
}

/// An open transaction on the ledger. Dropping the transaction rolls it back.
///
/// # Errors
/// All methods return an error if the database fails.
#[async_trait]
pub trait LedgerTransaction: Send {
    /// Locks the head, and reads it and the clock of the database in one round trip. Later reads of the transaction are at least as recent as the head.
    ///
    /// # Errors
    /// Also returns an error if another writer holds the lock for too long.
    async fn lock_head(&mut self) -> Result<LockedHead, StoreError>;

    /// Finds the idempotency records with these scopes.
    async fn find_idempotency(&mut self, scopes: &[Digest]) -> Result<Vec<IdempotencyRecord>, StoreError>;

    /// Finds payments with their checks, by the given keys.
    async fn find_payments(
        &mut self,
        keys: &[PaymentKey],
    ) -> Result<HashMap<PaymentKey, Payment>, StoreError>;

    /// Finds receipts with their allocations and refunds, each once.
    async fn find_receipts(&mut self, query: &ReceiptQuery) -> Result<Vec<Receipt>, StoreError>;

    /// Finds the statement lines whose import is being undone or is undone.
    async fn find_undone_lines(
        &mut self,
        lines: &[StatementLineId],
    ) -> Result<Vec<StatementLineId>, StoreError>;

    /// Finds an API key.
    async fn find_key(&mut self, id: KeyId) -> Result<Option<KeyRecord>, StoreError>;

    /// Finds the latest live payment for each duplicate key that has one.
    async fn find_duplicates(
        &mut self,
        keys: &[DuplicateKey],
    ) -> Result<HashMap<DuplicateKey, Reference>, StoreError>;

    /// Finds the totals of the currencies that have payments.
    async fn find_totals(&mut self, currencies: &[Currency]) -> Result<Vec<Totals>, StoreError>;

    /// Writes the rows and the head.
    ///
    /// # Errors
    /// * [`StoreError::Rejected`] if a row cannot be stored.
    /// * [`StoreError::Unavailable`] if a number that the head counts is already in use: the ledger is inconsistent and
    ///   stores no batch until an operator repairs it.
    /// * [`StoreError::Transient`] if a random key is already in use: a retry draws another key or finds the
    ///   idempotency record.
    async fn write(&mut self, changes: &Changes) -> Result<(), StoreError>;

    /// Commits the transaction.
    ///
    /// # Errors
    /// Returns [`StoreError::OutcomeUnknown`] if the connection was lost during the commit.
    async fn commit(self: Box<Self>) -> Result<(), StoreError>;

    /// Rolls the transaction back.
    async fn rollback(self: Box<Self>);
}

/// Purges expired idempotency records.
#[async_trait]
pub trait IdempotencyStore: Send + Sync {
    /// Deletes at most `limit` records from before a time. Returns the number of deleted records.
    ///
    /// # Errors
    /// Returns an error if the database fails.
    async fn purge_idempotency(&self, before: DateTime<Utc>, limit: u64) -> Result<u64, StoreError>;
}
