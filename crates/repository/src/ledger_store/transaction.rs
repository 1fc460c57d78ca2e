//! One open transaction.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use hermes_domain::ledger::{Changes, Digest, IdempotencyRecord, LedgerHead, Totals};
use hermes_domain::money::Currency;
use hermes_domain::payment::{DuplicateKey, Payment, PaymentKey, Reference};
use hermes_domain::ports::{LedgerTransaction, StoreError};
use sea_orm::DatabaseTransaction;

use super::{changes, duplicates, find};
use crate::Database;
use crate::database::{MaxAllowedPacket, Pool, Slot};
use crate::error::{commit_error, statement_error};

/// A transaction with the connection it runs on.
///
/// Its statements run in the task of the caller, the ledger's lane, which is never dropped. Dropping the
/// transaction between two statements rolls it back before its connection is used again.
pub(super) struct SqlLedgerTransaction {
    // The order matters: the connection goes back to its pool before the slot is free.
    transaction: DatabaseTransaction,
    pool: Arc<Pool>,
    packet_max: Arc<MaxAllowedPacket>,
    _slot: Slot,
}

impl SqlLedgerTransaction {
    pub(super) fn new(transaction: DatabaseTransaction, database: &Database, slot: Slot) -> Self {
        let (pool, packet_max) = (Arc::clone(&database.writer), Arc::clone(&database.packet_max));
        Self { transaction, pool, packet_max, _slot: slot }
    }

    /// Passes a result on; an error that a new connection may not meet casts pool_invalidation on the old ones.
    fn noted<T>(&self, result: Result<T, StoreError>) -> Result<T, StoreError> {
        if let Err(error) = &result {
            self.pool.note(error);
        }
        result
    }
}

#[async_trait]
impl LedgerTransaction for SqlLedgerTransaction {
    async fn lock_head(&mut self) -> Result<LedgerHead, StoreError> {
        self.noted(find::lock_head(&self.transaction).await)
    }

    async fn find_idempotency(&mut self, scopes: &[Digest]) -> Result<Vec<IdempotencyRecord>, StoreError> {
        self.noted(find::idempotency(&self.transaction, scopes).await)
    }

    async fn find_payments(
        &mut self,
        keys: &[PaymentKey],
    ) -> Result<HashMap<PaymentKey, Payment>, StoreError> {
        self.noted(find::payments(&self.transaction, keys).await)
    }

    async fn find_duplicates(
        &mut self,
        keys: &[DuplicateKey],
    ) -> Result<HashMap<DuplicateKey, Reference>, StoreError> {
        self.noted(duplicates::find(&self.transaction, self.packet_max.bytes(), keys).await)
    }

    async fn find_totals(&mut self, currencies: &[Currency]) -> Result<Vec<Totals>, StoreError> {
        self.noted(find::totals(&self.transaction, currencies).await)
    }

    async fn write(&mut self, changes: &Changes) -> Result<(), StoreError> {
        self.noted(changes::write(&self.transaction, self.packet_max.bytes(), changes).await)
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        let Self { transaction, pool, packet_max: _, _slot } = *self;
        #[cfg(feature = "fault-injection")]
        hermes_fault::hit(hermes_fault::FailPoint::BeforeCommit);
        let committing = transaction.commit();
        #[cfg(feature = "fault-injection")]
        let committing = hermes_fault::hit_while_pending(hermes_fault::FailPoint::CommitSent, committing);
        let committed = committing.await.map_err(commit_error);
        #[cfg(feature = "fault-injection")]
        if committed.is_ok() {
            hermes_fault::hit(hermes_fault::FailPoint::AfterCommit);
        }
        if let Err(error) = &committed {
            pool.note(error);
        }
        committed
    }

    async fn rollback(self: Box<Self>) {
        // What is not rolled back now is rolled back when the connection is lost or used again.
        if let Err(error) = self.transaction.rollback().await.map_err(statement_error) {
            log::debug!("a rollback failed: {error}");
        }
    }
}
