//! Faults to inject into [`MemoryStore`](super::MemoryStore).

use std::collections::{HashMap, VecDeque};
use std::sync::Mutex;

use hermes_domain::ports::StoreError;

/// An operation of the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each variant is one method of the port")]
pub enum StoreStep {
    Begin,
    LockHead,
    FindIdempotency,
    FindPayments,
    FindReceipts,
    FindKey,
    FindDuplicates,
    FindTotals,
    Write,
    Commit,
    IsCommitted,
    /// A read of the head, the list, one payment, the totals or the keys.
    Read,
    /// A read of the keys.
    ReadKeys,
}

/// A fault of one step.
#[derive(Debug, Clone)]
pub enum StoreFault {
    /// The step returns an error.
    Error(StoreError),
    /// The driver panics.
    Panic,
    /// The connection is lost after the commit took effect.
    LostAfterCommit,
    /// The connection is lost before the commit took effect.
    LostBeforeCommit,
}

impl StoreFault {
    /// The database is unavailable.
    pub fn unavailable() -> Self {
        Self::Error(StoreError::Unavailable("unreachable".to_owned()))
    }
}

/// The faults of a store that are still to come.
#[derive(Debug, Default)]
pub(super) struct Faults {
    queued: Mutex<HashMap<StoreStep, VecDeque<Option<StoreFault>>>>,
    lasting: Mutex<HashMap<StoreStep, StoreFault>>,
}

impl Faults {
    pub fn queue(&self, step: StoreStep, fault: Option<StoreFault>) {
        self.queued.lock().unwrap().entry(step).or_default().push_back(fault);
    }

    pub fn set_lasting(&self, step: StoreStep, fault: StoreFault) {
        self.lasting.lock().unwrap().insert(step, fault);
    }

    pub fn end_lasting(&self) {
        self.lasting.lock().unwrap().clear();
    }

    /// Returns the next fault of a step. A panic happens here.
    pub fn next(&self, step: StoreStep) -> Option<StoreFault> {
        let queued = self.queued.lock().unwrap().get_mut(&step).and_then(VecDeque::pop_front);
        let fault = queued.unwrap_or_else(|| self.lasting.lock().unwrap().get(&step).cloned())?;
        assert!(!matches!(fault, StoreFault::Panic), "injected: the driver panics at {step:?}");
        Some(fault)
    }

    pub fn check(&self, step: StoreStep) -> Result<(), StoreError> {
        match self.next(step) {
            None => Ok(()),
            Some(StoreFault::Error(error)) => Err(error),
            Some(other) => panic!("{other:?} cannot happen at {step:?}"),
        }
    }
}
