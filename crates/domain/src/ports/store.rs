//! The ledger's database, as the write lane uses it.

use std::collections::HashMap;

use async_trait::async_trait;

use crate::ledger::{Changes, Digest, IdempotencyRecord, LedgerHead, Totals};
use crate::money::Currency;
use crate::payment::{DuplicateKey, Payment, PaymentKey, Reference};

/// What went wrong in the database, by what the caller may do.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The transaction is gone; the same one may succeed now.
    #[error("transient database error: {0}")]
    Transient(String),
    /// The database does not take the request now: away, full, out of connections, or at odds with itself.
    #[error("database unavailable: {0}")]
    Unavailable(String),
    /// The database does not take writes; another server may be the one that does by now.
    #[error("database read-only: {0}")]
    ReadOnly(String),
    /// More than the database takes at once; less may succeed.
    #[error("too large for the database: {0}")]
    TooLarge(String),
    /// The database refuses a row; another batch may succeed.
    #[error("row refused by the database: {0}")]
    Rejected(String),
    /// The connection was lost during COMMIT: the batch is there or it is not.
    #[error("commit outcome unknown: {0}")]
    OutcomeUnknown(String),
    /// A stored row does not make sense.
    #[error("stored data is not valid: {0}")]
    Corrupt(String),
    /// Everything else: a fault of the program or the schema.
    #[error("database error: {0}")]
    Internal(String),
}

/// Carries out batches.
///
/// **Promises.** Between [`LedgerTransaction::lock_head`] and the end of the transaction nobody else can write
/// to the ledger, in any instance. A commit that returned is durable.
#[async_trait]
pub trait LedgerStore: Send + Sync {
    /// Begins a transaction.
    ///
    /// # Errors
    /// When no connection is to be had.
    async fn begin(&self) -> Result<Box<dyn LedgerTransaction>, StoreError>;

    /// Tells, on a new connection, whether the batch with this head was committed.
    ///
    /// # Errors
    /// When the database cannot be asked.
    async fn is_committed(&self, head: &LedgerHead) -> Result<bool, StoreError>;
}

/// One open transaction on the ledger; dropping it rolls it back.
#[async_trait]
pub trait LedgerTransaction: Send {
    /// Locks the head and reads it. Everything read afterwards is as new as the head.
    ///
    /// # Errors
    /// When another writer holds it for too long.
    async fn lock_head(&mut self) -> Result<LedgerHead, StoreError>;

    /// Finds what became of the claims with these scopes.
    ///
    /// # Errors
    /// On a fault of the database.
    async fn find_idempotency(&mut self, scopes: &[Digest]) -> Result<Vec<IdempotencyRecord>, StoreError>;

    /// Finds payments with their checks by what the callers name them.
    ///
    /// # Errors
    /// On a fault of the database.
    async fn find_payments(
        &mut self,
        keys: &[PaymentKey],
    ) -> Result<HashMap<PaymentKey, Payment>, StoreError>;

    /// Finds the latest live payment that has all of a key, for each key that has one.
    ///
    /// # Errors
    /// On a fault of the database.
    async fn find_duplicates(
        &mut self,
        keys: &[DuplicateKey],
    ) -> Result<HashMap<DuplicateKey, Reference>, StoreError>;

    /// Finds the sums of currencies.
    ///
    /// # Errors
    /// On a fault of the database.
    async fn find_totals(&mut self, currencies: &[Currency]) -> Result<Vec<Totals>, StoreError>;

    /// Writes the rows and the head.
    ///
    /// # Errors
    /// [`StoreError::Rejected`] when a row cannot be stored. When the key of a row is taken, though nobody else can
    /// write: [`StoreError::Unavailable`] if the head counts it, because then no batch can be stored until somebody
    /// sets that right; otherwise [`StoreError::Transient`], because the next try draws another key or finds the claim.
    async fn write(&mut self, changes: &Changes) -> Result<(), StoreError>;

    /// Makes the batch durable.
    ///
    /// # Errors
    /// [`StoreError::OutcomeUnknown`] when the connection was lost on the way.
    async fn commit(self: Box<Self>) -> Result<(), StoreError>;

    /// Gives the transaction up.
    async fn rollback(self: Box<Self>);
}
