//! The ledger writer: group commit by a single task per process.
//!
//! The lock on the ledger head serializes all writes anyway. Therefore the writer executes all commands that arrived
//! during the previous commit in one transaction. Batching adds no delay: a single command costs one commit, and a
//! thousand concurrent commands share a few.
//!
//! The path of a command:
//! 1. [`LedgerWriter::submit`] adds the command to the bounded queue. `admission` rejects a command whose estimated
//!    wait is too long ([`SubmitError::Busy`]). `circuit_breaker` rejects commands while the database accepts no
//!    writes ([`SubmitError::Unavailable`]).
//! 2. `queue` forms a batch from the waiting commands and rejects expired ones.
//! 3. `transaction` locks the head, loads the facts, decides each command, writes and commits. `batch_executor` retries
//!    after a transient error, and bisects a batch that fails because of one command.
//! 4. `reply` waits until the batch is visible on every instance, then replies to the callers.
//!
//! **Invariant:** no database future is ever dropped, because commands run in tasks of their own. A client disconnect
//! neither cancels a command nor leaves it half done. A panic affects only the batch in which it happens.

mod admission;
mod batch_executor;
mod circuit_breaker;
mod ledger_writer;
mod queue;
mod reply;
mod totals_cache;
mod transaction;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use hermes_domain::ledger::{Outcome, OutcomeMismatch, PaymentOutcome, RandomSource, Rejection, Rules};
use hermes_domain::ports::LedgerStore;

use crate::clock_monitor::ClockMonitor;
use crate::outbox::CommitNotifier;

pub use ledger_writer::LedgerWriter;

/// The dependencies of the ledger writer.
#[derive(Clone)]
pub struct WriterDeps {
    /// The database.
    pub store: Arc<dyn LedgerStore>,
    /// Makes commits visible to reads on every instance.
    pub barrier: Arc<dyn VisibilityBarrier>,
    /// Notifies listeners of each commit that has events.
    pub commits: CommitNotifier,
    /// The configured decision rules.
    pub rules: Arc<Rules>,
    /// The wall clock, compared with the clock of the database.
    pub clocks: Arc<ClockMonitor>,
    /// Generates ids and tokens.
    pub random_source: Arc<dyn RandomSource>,
}

/// The limits of the ledger writer.
#[derive(Debug, Clone, Copy)]
pub struct WriterConfig {
    /// The maximum number of commands in one transaction.
    pub batch_max: usize,
    /// The maximum number of queued commands.
    pub queue_max: usize,
    /// The maximum time a command may spend in the queue. Older commands are rejected.
    pub queue_age_max: Duration,
    /// The maximum time a caller waits for its batch. Then the outcome is unknown, and the batch still runs to its end.
    pub batch_wait_max: Duration,
}

/// Makes commits visible before they are acknowledged.
#[async_trait]
pub trait VisibilityBarrier: Send + Sync {
    /// Waits until every read that starts from now on, on any instance, shows all earlier commits.
    async fn wait_until_visible(&self);

    /// Waits until every request that starts from now on, on any instance, is checked against all earlier changes of API
    /// keys.
    async fn wait_until_keys_apply(&self);
}

/// An executed command, durable and visible.
#[derive(Debug, Clone)]
pub struct Committed<O = PaymentOutcome> {
    /// The outcome of the command.
    pub outcome: O,
    /// The sequence number of the head after the command's batch. A replay has the current head, which is later.
    pub head_seq: i64,
}

impl Committed<Outcome> {
    /// Converts the outcome to the kind that the command has.
    fn into_kind<O: TryFrom<Outcome, Error = OutcomeMismatch>>(
        self,
    ) -> Result<Committed<O>, OutcomeMismatch> {
        Ok(Committed { outcome: self.outcome.try_into()?, head_seq: self.head_seq })
    }
}

/// The reason a command was not executed. Each variant tells the caller what to do.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SubmitError {
    /// The decision rejected the command. Sending the same command again changes nothing.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// Too many commands are waiting. Nothing was saved.
    #[error("the write queue is full")]
    Busy,
    /// The server is stopping. Nothing was saved.
    #[error("the server is stopping")]
    Stopping,
    /// The database does not accept writes at the moment. Nothing was saved.
    #[error("the database does not accept writes")]
    Unavailable,
    /// The clocks of this machine and of the database differ too much. Nothing was saved.
    #[error("the clocks of the server and of the database differ too much")]
    ClockWrong,
    /// The command exceeds the database's size limit, even in a batch of its own. Nothing was saved.
    #[error("the command is too large for the database")]
    TooLarge,
    /// The command may have been committed. A retry with the same idempotency key gets the definite result.
    #[error("the outcome of the command is unknown")]
    OutcomeUnknown,
    /// A bug, or corrupt data. Nothing was saved.
    #[error("internal error in the ledger")]
    Internal,
}

/// Converts a count to a type that metrics and durations accept. Saturates.
fn saturating_u32(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
