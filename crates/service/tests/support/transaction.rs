//! One open transaction of the fake database.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use hermes_domain::ledger::{Changes, Digest, IdempotencyRecord, LedgerHead, Totals};
use hermes_domain::money::Currency;
use hermes_domain::payment::{DuplicateKey, Payment, PaymentKey, Reference};
use hermes_domain::ports::{LedgerTransaction, StoreError};
use tokio::sync::OwnedSemaphorePermit;

use super::store::{Fault, Inner, Step};

pub struct FakeTransaction {
    store: Arc<Inner>,
    head_lock: Option<OwnedSemaphorePermit>,
    written: Option<Changes>,
    ended: bool,
}

impl FakeTransaction {
    pub fn new(store: Arc<Inner>) -> Self {
        Self { store, head_lock: None, written: None, ended: false }
    }

    /// Passes a step that needs the lock on the head.
    fn step(&self, step: Step) -> Result<(), StoreError> {
        assert!(self.head_lock.is_some(), "{step:?} without the lock on the head");
        self.store.check(step)
    }

    fn carry_out(&mut self) {
        let changes = self.written.take().expect("nothing was written");
        let size = changes.booked.len() + changes.updated.len();
        self.store.rows().apply(changes);
        self.store.figures.lock().unwrap().commits.push(size);
    }
}

impl Drop for FakeTransaction {
    fn drop(&mut self) {
        if !self.ended {
            self.store.figures.lock().unwrap().abandoned += 1;
        }
    }
}

#[async_trait]
impl LedgerTransaction for FakeTransaction {
    async fn lock_head(&mut self) -> Result<LedgerHead, StoreError> {
        let lock = Arc::clone(&self.store.head_lock).acquire_owned().await.unwrap();
        self.head_lock = Some(lock);
        self.step(Step::LockHead)?;
        Ok(self.store.rows().head)
    }

    async fn find_idempotency(&mut self, scopes: &[Digest]) -> Result<Vec<IdempotencyRecord>, StoreError> {
        self.step(Step::FindIdempotency)?;
        let corrupt = self.store.refused.lock().unwrap().claim;
        if corrupt.is_some_and(|claim| scopes.contains(&claim)) {
            return Err(StoreError::Corrupt("an answer cannot be read".to_owned()));
        }
        let rows = self.store.rows();
        let named = |record: &&IdempotencyRecord| scopes.contains(&record.claim.scope_hash);
        Ok(rows.idempotency.iter().filter(named).cloned().collect())
    }

    async fn find_payments(
        &mut self,
        keys: &[PaymentKey],
    ) -> Result<HashMap<PaymentKey, Payment>, StoreError> {
        self.step(Step::FindPayments)?;
        let rows = self.store.rows();
        Ok(keys.iter().filter_map(|key| Some((key.clone(), rows.find(key)?.clone()))).collect())
    }

    async fn find_duplicates(
        &mut self,
        keys: &[DuplicateKey],
    ) -> Result<HashMap<DuplicateKey, Reference>, StoreError> {
        self.step(Step::FindDuplicates)?;
        let rows = self.store.rows();
        Ok(keys.iter().filter_map(|key| Some((key.clone(), rows.find_duplicate(key)?))).collect())
    }

    async fn find_totals(&mut self, currencies: &[Currency]) -> Result<Vec<Totals>, StoreError> {
        self.step(Step::FindTotals)?;
        let rows = self.store.rows();
        Ok(currencies.iter().filter_map(|currency| rows.totals.get(currency).copied()).collect())
    }

    async fn write(&mut self, changes: &Changes) -> Result<(), StoreError> {
        self.step(Step::Write)?;
        let refused = self.store.refused.lock().unwrap().email.clone();
        if changes.booked.iter().any(|payment| Some(&payment.details.email) == refused.as_ref()) {
            return Err(StoreError::Rejected("this address is not taken".to_owned()));
        }
        self.written = Some(changes.clone());
        Ok(())
    }

    async fn commit(mut self: Box<Self>) -> Result<(), StoreError> {
        self.store.commit_gate.pass().await;
        let fault = self.store.meet(Step::Commit);
        self.ended = true;
        let lost = || Err(StoreError::OutcomeUnknown("the connection was lost".to_owned()));
        match fault {
            None => {
                self.carry_out();
                Ok(())
            }
            Some(Fault::Error(error)) => Err(error),
            Some(Fault::LostBeforeCommit) => lost(),
            Some(Fault::LostAfterCommit) => {
                self.carry_out();
                lost()
            }
            Some(Fault::Panic) => unreachable!("met above"),
        }
    }

    async fn rollback(mut self: Box<Self>) {
        self.ended = true;
    }
}
