//! An open transaction of the ledger.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use hermes_domain::access::{KeyId, KeyRecord};
use hermes_domain::ledger::{Changes, Digest, IdempotencyRecord, ReceiptQuery, Totals};
use hermes_domain::money::Currency;
use hermes_domain::payment::{DuplicateKey, Payment, PaymentKey, Reference};
use hermes_domain::ports::{LedgerTransaction, LockedHead, StoreError};
use hermes_domain::receipt::{Receipt, StatementLineId};
use sea_orm::DatabaseTransaction;

use super::{changes, duplicates, facts, keys, receipts};
use crate::Database;
use crate::database::{Permit, Pool};
use crate::error::{commit_error, statement_error};

/// A transaction and its connection.
///
/// The statements run in the task of the caller, the ledger writer, which is never dropped. Dropping the transaction
/// between two statements rolls the transaction back before the connection is used again.
pub(super) struct SqlLedgerTransaction {
    // The order matters: the connection returns to its pool before the permit is released.
    transaction: DatabaseTransaction,
    pool: Arc<Pool>,
    max_packet: Arc<AtomicUsize>,
    _permit: Permit,
}

impl SqlLedgerTransaction {
    pub(super) fn new(transaction: DatabaseTransaction, database: &Database, permit: Permit) -> Self {
        let (pool, max_packet) = (Arc::clone(&database.writer), Arc::clone(&database.max_packet));
        Self { transaction, pool, max_packet, _permit: permit }
    }

    /// Returns the result unchanged, and reports an error to the pool.
    fn record_error<T>(&self, result: Result<T, StoreError>) -> Result<T, StoreError> {
        if let Err(error) = &result {
            self.pool.record_error(error);
        }
        result
    }
}

#[async_trait]
impl LedgerTransaction for SqlLedgerTransaction {
    async fn lock_head(&mut self) -> Result<LockedHead, StoreError> {
        self.record_error(facts::lock_head(&self.transaction).await)
    }

    async fn find_idempotency(&mut self, scopes: &[Digest]) -> Result<Vec<IdempotencyRecord>, StoreError> {
        self.record_error(facts::idempotency(&self.transaction, scopes).await)
    }

    async fn find_payments(
        &mut self,
        keys: &[PaymentKey],
    ) -> Result<HashMap<PaymentKey, Payment>, StoreError> {
        self.record_error(facts::payments(&self.transaction, keys).await)
    }

    async fn find_receipts(&mut self, query: &ReceiptQuery) -> Result<Vec<Receipt>, StoreError> {
        self.record_error(receipts::find(&self.transaction, query).await)
    }

    async fn find_undone_lines(
        &mut self,
        lines: &[StatementLineId],
    ) -> Result<Vec<StatementLineId>, StoreError> {
        self.record_error(receipts::undone_lines(&self.transaction, lines).await)
    }

    async fn find_key(&mut self, id: KeyId) -> Result<Option<KeyRecord>, StoreError> {
        self.record_error(keys::find(&self.transaction, id).await)
    }

    async fn find_duplicates(
        &mut self,
        keys: &[DuplicateKey],
    ) -> Result<HashMap<DuplicateKey, Reference>, StoreError> {
        self.record_error(
            duplicates::find(&self.transaction, self.max_packet.load(Ordering::Relaxed), keys).await,
        )
    }

    async fn find_totals(&mut self, currencies: &[Currency]) -> Result<Vec<Totals>, StoreError> {
        self.record_error(facts::totals(&self.transaction, currencies).await)
    }

    async fn write(&mut self, changes: &Changes) -> Result<(), StoreError> {
        self.record_error(
            changes::write(&self.transaction, self.max_packet.load(Ordering::Relaxed), changes).await,
        )
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        let Self { transaction, pool, max_packet: _, _permit } = *self;
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
            pool.record_error(error);
        }
        committed
    }

    async fn rollback(self: Box<Self>) {
        // If this rollback fails, the loss or the next use of the connection rolls back.
        if let Err(error) = self.transaction.rollback().await.map_err(statement_error) {
            log::debug!("a rollback failed: {error}");
        }
    }
}
