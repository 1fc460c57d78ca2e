//! The write lane: one task that takes whatever commands have queued up and carries them out in one
//! database transaction.
//!
//! Why: the lock on the ledger head makes all writes serial anyway, so a commit may as well carry everything
//! that arrived during the one before it. No waiting is added: a lone command pays one commit, a thousand
//! concurrent ones share a few.
//!
//! A command on its way:
//! 1. [`LedgerWriter::submit`] puts it into the bounded queue, or says at once [`SubmitError::Busy`] when by the `estimator`
//!    of late it would wait too long, or [`SubmitError::Unavailable`] while the `breaker` is open;
//! 2. `batch` takes it out together with its neighbours;
//! 3. `run_transaction` locks the head, reads the facts, lets the domain decide, writes, commits; `carry_out`
//!    does so again after a transient fault, and in halves where one command stands in the way of the others;
//!    `watch` answers those whose time in the queue is over meanwhile, and opens the `breaker` when the batch
//!    takes too long;
//! 4. `answer` makes the batch visible to every instance and then answers the callers.
//!
//! **Invariant:** the commands run in tasks of their own. A caller that goes away neither cancels nor
//! half-does anything, because no database future is ever dropped. A panic costs the batch that it met.

mod admission;
mod batch_executor;
mod circuit_breaker;
mod figures;
mod ledger;
mod queue;
mod reply;
mod retry;
mod supervise;
mod totals_cache;
mod transaction;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use hermes_domain::ledger::{Outcome, RandomSource, Rejection, Rules};
use hermes_domain::ports::{Clock, LedgerStore};

use crate::outbox::CommitNotifier;

pub use ledger::LedgerWriter;

/// What the lane works with.
#[derive(Clone)]
pub struct WriterDeps {
    /// The database.
    pub store: Arc<dyn LedgerStore>,
    /// Makes commits visible to reads on every instance.
    pub barrier: Arc<dyn VisibilityBarrier>,
    /// Tells of each commit with events; nobody is waited for.
    pub commits: CommitNotifier,
    /// The configured rules of decisions.
    pub rules: Arc<Rules>,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// Randomness for identifiers and tokens.
    pub random_source: Arc<dyn RandomSource>,
}

/// The limits of the lane.
#[derive(Debug, Clone, Copy)]
pub struct WriterConfig {
    /// The most commands of one transaction.
    pub batch_max: usize,
    /// The most commands that wait.
    pub queue_max: usize,
    /// How long a command may wait before it is sent away.
    pub queue_age_max: Duration,
}

/// Makes what was committed visible before it is acknowledged.
#[async_trait]
pub trait VisibilityBarrier: Send + Sync {
    /// Returns when every read that starts from now on, on any instance, shows what was committed before.
    async fn wait_until_visible(&self);
}

/// A command that was carried out, durably and visibly.
#[derive(Debug, Clone)]
pub struct Committed {
    /// What it did.
    pub outcome: Outcome,
    /// The head it was committed at, or a later one for a replay.
    pub head_seq: i64,
}

/// Why a command was not carried out, by what the caller may do.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SubmitError {
    /// The command was decided against; sending it again changes nothing.
    #[error(transparent)]
    Refused(#[from] Rejection),
    /// Too much is waiting; nothing was done.
    #[error("the write queue is full")]
    Busy,
    /// The server is stopping; nothing was done.
    #[error("the server is stopping")]
    Stopping,
    /// The database does not take writes now; nothing was done.
    #[error("the database takes no writes")]
    Unavailable,
    /// The command is larger than the database takes, even alone; nothing was done.
    #[error("the command is too large for the database")]
    TooLarge,
    /// The command may or may not have been carried out; the same idempotency key tells.
    #[error("the outcome is not known")]
    OutcomeUnknown,
    /// A fault of the program or the data; nothing was done.
    #[error("internal fault of the ledger")]
    Internal,
}
