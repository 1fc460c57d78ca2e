//! The ledger's database in memory, with faults to order.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use hermes_domain::ledger::{BatchToken, Digest, LedgerHead};
use hermes_domain::payment::Payment;
use hermes_domain::ports::{LedgerStore, LedgerTransaction, StoreError};
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::bookings::key;
use super::gate::Gate;
use super::rows::Rows;
use super::transaction::FakeTransaction;

/// A step of the lane's way through the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    Begin,
    LockHead,
    FindIdempotency,
    FindPayments,
    FindDuplicates,
    FindTotals,
    Write,
    Commit,
    LookUp,
}

/// What goes wrong at a step, once.
#[derive(Debug, Clone)]
pub enum Fault {
    Error(StoreError),
    Panic,
    /// The connection is lost during COMMIT, after it was carried out.
    LostAfterCommit,
    /// The connection is lost during COMMIT, which was not carried out.
    LostBeforeCommit,
}

/// Carries out transactions one after the other.
#[derive(Clone)]
pub struct FakeStore {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub rows: Mutex<Rows>,
    pub head_lock: Arc<Semaphore>,
    pub commit_gate: Gate,
    faults: Mutex<HashMap<Step, VecDeque<Option<Fault>>>>,
    pub refused: Mutex<Refused>,
    pub figures: Mutex<Figures>,
}

/// What the database takes exception to.
#[derive(Default)]
pub struct Refused {
    /// A row with this address.
    pub email: Option<String>,
    /// A stored answer under this claim cannot be read.
    pub claim: Option<Digest>,
}

/// What was done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figures {
    pub begun: usize,
    /// How many payments each commit booked or altered.
    pub commits: Vec<usize>,
    /// Transactions that were neither committed nor rolled back.
    pub abandoned: usize,
}

impl FakeStore {
    pub fn new() -> Self {
        Self {
            inner: Arc::new(Inner {
                rows: Mutex::default(),
                head_lock: Arc::new(Semaphore::new(1)),
                commit_gate: Gate::default(),
                faults: Mutex::default(),
                refused: Mutex::default(),
                figures: Mutex::default(),
            }),
        }
    }

    /// Lets a step go wrong once more.
    pub fn fail(&self, step: Step, fault: Fault) {
        self.inner.faults.lock().unwrap().entry(step).or_default().push_back(Some(fault));
    }

    /// Lets a step go well once, before faults that are ordered later.
    pub fn pass(&self, step: Step) {
        self.inner.faults.lock().unwrap().entry(step).or_default().push_back(None);
    }

    pub fn fail_times(&self, times: usize, step: Step, fault: &Fault) {
        for _ in 0..times {
            self.fail(step, fault.clone());
        }
    }

    pub fn refuse_email(&self, email: String) {
        self.inner.refused.lock().unwrap().email = Some(email);
    }

    pub fn corrupt_claim(&self, scope: Digest) {
        self.inner.refused.lock().unwrap().claim = Some(scope);
    }

    /// Where a transaction waits before it commits.
    pub fn commit_gate(&self) -> &Gate {
        &self.inner.commit_gate
    }

    pub fn rows(&self) -> Rows {
        self.inner.rows.lock().unwrap().clone()
    }

    /// Another instance has written last: it left another head, and what else it changed.
    pub fn written_elsewhere(&self, change: impl FnOnce(&mut Rows)) {
        let mut rows = self.inner.rows();
        rows.head.token = BatchToken(Uuid::from_u128(u128::MAX));
        change(&mut rows);
    }

    pub fn payment(&self, reference: i64) -> Payment {
        self.rows().find(&key(reference)).expect("this payment was booked").clone()
    }

    pub fn figures(&self) -> Figures {
        self.inner.figures.lock().unwrap().clone()
    }
}

impl Inner {
    /// The fault that was ordered for a step, if any; a panic happens here.
    pub fn meet(&self, step: Step) -> Option<Fault> {
        let fault = self.faults.lock().unwrap().get_mut(&step)?.pop_front()??;
        assert!(!matches!(fault, Fault::Panic), "on purpose: the database's driver panics at {step:?}");
        Some(fault)
    }

    pub fn check(&self, step: Step) -> Result<(), StoreError> {
        match self.meet(step) {
            None => Ok(()),
            Some(Fault::Error(error)) => Err(error),
            Some(other) => panic!("{other:?} cannot happen at {step:?}"),
        }
    }

    pub fn rows(&self) -> MutexGuard<'_, Rows> {
        self.rows.lock().unwrap()
    }
}

#[async_trait]
impl LedgerStore for FakeStore {
    async fn begin(&self) -> Result<Box<dyn LedgerTransaction>, StoreError> {
        self.inner.figures.lock().unwrap().begun += 1;
        self.inner.check(Step::Begin)?;
        Ok(Box::new(FakeTransaction::new(Arc::clone(&self.inner))))
    }

    async fn is_committed(&self, head: &LedgerHead) -> Result<bool, StoreError> {
        self.inner.check(Step::LookUp)?;
        Ok(self.inner.rows().tokens.contains(&head.token))
    }
}
