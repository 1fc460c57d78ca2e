//! The ledger in memory as a database: one transaction at a time, with faults and gates.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use hermes_domain::access::{KeyId, KeyRecord};
use hermes_domain::ledger::{Changes, Digest, IdempotencyRecord, LedgerHead, ReceiptQuery, Totals};
use hermes_domain::money::Currency;
use hermes_domain::payment::{DuplicateKey, Payment, PaymentKey, Reference};
use hermes_domain::ports::{LedgerStore, LedgerTransaction, LockedHead, StoreError};
use hermes_domain::receipt::{Receipt, StatementLineId};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::MemoryLedger;
use super::faults::{Faults, StoreFault, StoreStep};
use crate::builders::book;
use crate::gate::{CallCounter, Gate};

/// A database with one ledger. Clones share it.
#[derive(Debug, Clone)]
pub struct MemoryStore(Arc<Shared>);

/// What the clones of a store share.
#[derive(Debug)]
pub struct Shared {
    ledger: Mutex<MemoryLedger>,
    head_lock: Arc<Semaphore>,
    pub(super) faults: Faults,
    rejected_email: Mutex<Option<String>>,
    unreadable_claim: Mutex<Option<Digest>>,
    stats: Mutex<StoreStats>,
    /// Where a transaction waits before it commits.
    pub commit_gate: Gate,
    /// Where a read of the head waits before the database reads it.
    pub head_gate: Gate,
    /// Where the head waits after the database has read it.
    pub head_reply_gate: Gate,
    /// Where every other result waits after the database has read it.
    pub read_reply_gate: Gate,
    /// Where the table of keys waits after the database has read it.
    pub key_reply_gate: Gate,
    /// Reads of the table of keys.
    pub key_reads: CallCounter,
    /// Reads of the head.
    pub head_reads: CallCounter,
    /// Reads of one payment.
    pub find_reads: CallCounter,
    /// Reads of the list.
    pub list_reads: CallCounter,
}

/// Counts of transactions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoreStats {
    /// Transactions that were started.
    pub begun: usize,
    /// The number of payments that each commit booked or altered.
    pub commits: Vec<usize>,
    /// Transactions that were neither committed nor rolled back.
    pub abandoned: usize,
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self(Arc::new(Shared {
            ledger: Mutex::default(),
            head_lock: Arc::new(Semaphore::new(1)),
            faults: Faults::default(),
            rejected_email: Mutex::default(),
            unreadable_claim: Mutex::default(),
            stats: Mutex::default(),
            commit_gate: Gate::default(),
            head_gate: Gate::default(),
            head_reply_gate: Gate::default(),
            read_reply_gate: Gate::default(),
            key_reply_gate: Gate::default(),
            key_reads: CallCounter::default(),
            head_reads: CallCounter::default(),
            find_reads: CallCounter::default(),
            list_reads: CallCounter::default(),
        }))
    }
}

impl std::ops::Deref for MemoryStore {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl Shared {
    /// Makes a step fail once. Repeated calls queue their faults.
    pub fn fail(&self, step: StoreStep, fault: StoreFault) {
        self.faults.queue(step, Some(fault));
    }

    /// Makes a step fail `times` times.
    pub fn fail_times(&self, times: usize, step: StoreStep, fault: &StoreFault) {
        (0..times).for_each(|_| self.fail(step, fault.clone()));
    }

    /// Makes a step succeed once before the faults that are queued later.
    pub fn succeed(&self, step: StoreStep) {
        self.faults.queue(step, None);
    }

    /// Makes a step fail until [`Shared::recover`].
    pub fn keep_failing(&self, step: StoreStep, fault: StoreFault) {
        self.faults.set_lasting(step, fault);
    }

    /// Ends the faults of [`Shared::keep_failing`].
    pub fn recover(&self) {
        self.faults.end_lasting();
    }

    /// Rejects every new payment with this address.
    pub fn reject_email(&self, email: String) {
        *self.rejected_email.lock().unwrap() = Some(email);
    }

    /// Makes the record of an idempotency key unreadable.
    pub fn corrupt_claim(&self, scope: Digest) {
        *self.unreadable_claim.lock().unwrap() = Some(scope);
    }

    /// Returns a copy of the ledger.
    pub fn ledger(&self) -> MemoryLedger {
        self.lock().clone()
    }

    /// Changes the ledger outside the writer.
    pub fn edit<T>(&self, change: impl FnOnce(&mut MemoryLedger) -> T) -> T {
        change(&mut self.lock())
    }

    /// Commits a booking of 500 dollars for `payer@example.org` outside the writer.
    pub fn book(&self, payer: &str) -> Payment {
        self.edit(|ledger| ledger.execute_one(book(&format!("{payer}@example.org"), "500")))
    }

    /// Returns the counts of transactions.
    pub fn stats(&self) -> StoreStats {
        self.stats.lock().unwrap().clone()
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, MemoryLedger> {
        self.ledger.lock().unwrap()
    }
}

#[async_trait]
impl LedgerStore for MemoryStore {
    async fn begin(&self) -> Result<Box<dyn LedgerTransaction>, StoreError> {
        self.stats.lock().unwrap().begun += 1;
        self.faults.check(StoreStep::Begin)?;
        Ok(Box::new(MemoryTransaction { store: self.clone(), head_lock: None, changes: None, ended: false }))
    }

    async fn is_committed(&self, head: &LedgerHead) -> Result<bool, StoreError> {
        self.faults.check(StoreStep::IsCommitted)?;
        Ok(self.lock().batches.iter().any(|batch| batch.head.token == head.token))
    }
}

struct MemoryTransaction {
    store: MemoryStore,
    head_lock: Option<OwnedSemaphorePermit>,
    changes: Option<Changes>,
    ended: bool,
}

impl MemoryTransaction {
    /// Checks a step that requires the lock on the head.
    fn check(&self, step: StoreStep) -> Result<(), StoreError> {
        assert!(self.head_lock.is_some(), "{step:?} without the lock on the head");
        self.store.faults.check(step)
    }

    fn apply(&mut self) {
        let changes = self.changes.take().expect("the transaction has written something");
        let size = changes.booked.len() + changes.updated.len();
        self.store.lock().apply(changes);
        self.store.stats.lock().unwrap().commits.push(size);
    }
}

impl Drop for MemoryTransaction {
    fn drop(&mut self) {
        if !self.ended {
            self.store.stats.lock().unwrap().abandoned += 1;
        }
    }
}

#[async_trait]
impl LedgerTransaction for MemoryTransaction {
    async fn lock_head(&mut self) -> Result<LockedHead, StoreError> {
        self.head_lock = Some(Arc::clone(&self.store.head_lock).acquire_owned().await.unwrap());
        self.check(StoreStep::LockHead)?;
        let ledger = self.store.lock();
        Ok(LockedHead { head: ledger.head, database_time: ledger.clock })
    }

    async fn find_idempotency(&mut self, scopes: &[Digest]) -> Result<Vec<IdempotencyRecord>, StoreError> {
        self.check(StoreStep::FindIdempotency)?;
        let unreadable = *self.store.unreadable_claim.lock().unwrap();
        if unreadable.is_some_and(|claim| scopes.contains(&claim)) {
            return Err(StoreError::Corrupt("a recorded outcome cannot be read".to_owned()));
        }
        // A database stores the outcome as JSON.
        let stored = |record: &IdempotencyRecord| {
            let json = serde_json::to_string(&record.outcome).unwrap();
            IdempotencyRecord { outcome: serde_json::from_str(&json).unwrap(), ..record.clone() }
        };
        let ledger = self.store.lock();
        let requested = |record: &&IdempotencyRecord| scopes.contains(&record.claim.scope_hash);
        Ok(ledger.idempotency.iter().filter(requested).map(stored).collect())
    }

    async fn find_payments(
        &mut self,
        keys: &[PaymentKey],
    ) -> Result<HashMap<PaymentKey, Payment>, StoreError> {
        self.check(StoreStep::FindPayments)?;
        let ledger = self.store.lock();
        Ok(keys.iter().filter_map(|key| Some((key.clone(), ledger.find(key)?.clone()))).collect())
    }

    async fn find_receipts(&mut self, query: &ReceiptQuery) -> Result<Vec<Receipt>, StoreError> {
        self.check(StoreStep::FindReceipts)?;
        Ok(self.store.lock().find_receipts(query))
    }

    /// There are no statements beside this ledger.
    async fn find_undone_lines(&mut self, _: &[StatementLineId]) -> Result<Vec<StatementLineId>, StoreError> {
        Ok(Vec::new())
    }

    async fn find_key(&mut self, id: KeyId) -> Result<Option<KeyRecord>, StoreError> {
        self.check(StoreStep::FindKey)?;
        Ok(self.store.lock().keys.iter().find(|key| key.id == id).cloned())
    }

    async fn find_duplicates(
        &mut self,
        keys: &[DuplicateKey],
    ) -> Result<HashMap<DuplicateKey, Reference>, StoreError> {
        self.check(StoreStep::FindDuplicates)?;
        let ledger = self.store.lock();
        Ok(keys.iter().filter_map(|key| Some((key.clone(), ledger.find_duplicate(key)?))).collect())
    }

    async fn find_totals(&mut self, currencies: &[Currency]) -> Result<Vec<Totals>, StoreError> {
        self.check(StoreStep::FindTotals)?;
        let ledger = self.store.lock();
        Ok(currencies.iter().filter_map(|currency| ledger.totals.get(currency).copied()).collect())
    }

    async fn write(&mut self, changes: &Changes) -> Result<(), StoreError> {
        self.check(StoreStep::Write)?;
        let rejected = self.store.rejected_email.lock().unwrap().clone();
        if changes.booked.iter().any(|payment| Some(&payment.details.email) == rejected.as_ref()) {
            return Err(StoreError::Rejected("the address is rejected".to_owned()));
        }
        self.changes = Some(changes.clone());
        Ok(())
    }

    async fn commit(mut self: Box<Self>) -> Result<(), StoreError> {
        self.store.commit_gate.pass().await;
        let fault = self.store.faults.next(StoreStep::Commit);
        self.ended = true;
        if matches!(fault, None | Some(StoreFault::LostAfterCommit)) {
            self.apply();
        }
        match fault {
            None => Ok(()),
            Some(StoreFault::Error(error)) => Err(error),
            Some(_) => Err(StoreError::OutcomeUnknown("the connection was lost".to_owned())),
        }
    }

    async fn rollback(mut self: Box<Self>) {
        self.ended = true;
    }
}
