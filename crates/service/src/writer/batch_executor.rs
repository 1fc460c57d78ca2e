//! Executes one batch: retries transient errors, resolves unknown commits, and bisects a batch that fails because of one command.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use hermes_domain::ledger::{Command, KeyCommand, LedgerHead, ReceiptCommand, RefundCommand, Submission};
use hermes_domain::ports::StoreError;
use tokio::time::Instant;

use super::admission::WaitEstimator;
use super::queue::{PendingCommand, reject_all};
use super::reply::{BatchReplies, ReplyTracker};
use super::totals_cache::TotalsCache;
use super::transaction::{BatchError, DecidedBatch, FailureScope, NotCommitted, run_transaction};
use super::{SubmitError, WriterDeps};

/// The maximum number of retries of one batch.
const MAX_RETRIES: u32 = 5;
/// The range of the random delay before a retry. Random, so that two instances do not collide again.
const RETRY_DELAY_MS: std::ops::RangeInclusive<u64> = 5..=80;
/// How often the outcome of a commit is looked up before the callers get [`SubmitError::OutcomeUnknown`].
const MAX_COMMIT_LOOKUPS: u32 = 3;

/// What a batch revealed about the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DatabaseHealth {
    /// The database accepts writes.
    Available,
    /// The database accepts no writes at the moment.
    Unavailable,
}

/// Executes batches.
pub(super) struct BatchExecutor {
    deps: WriterDeps,
    totals_cache: TotalsCache,
    estimator: Arc<WaitEstimator>,
    replies: ReplyTracker,
}

impl BatchExecutor {
    pub fn new(deps: WriterDeps, estimator: Arc<WaitEstimator>) -> Self {
        Self { deps, totals_cache: TotalsCache::default(), estimator, replies: ReplyTracker::default() }
    }

    /// Executes a batch. A separate task replies to the callers once the commit is visible.
    pub async fn execute(&self, batch: Vec<PendingCommand>) -> DatabaseHealth {
        let mut batches = VecDeque::from([batch]);
        while let Some(batch) = batches.pop_front() {
            match self.commit(&batch).await {
                Ok(decided) => self.acknowledge(batch, decided).await,
                Err(failed) if failed.scope == FailureScope::Command && batch.len() > 1 => {
                    bisect(batch, &mut batches);
                }
                Err(failed) => {
                    reject_failed(batch, &failed.error);
                    if failed.error.is_outage() {
                        reject_all(batches.into_iter().flatten(), &SubmitError::Unavailable);
                        return DatabaseHealth::Unavailable;
                    }
                }
            }
        }
        DatabaseHealth::Available
    }

    /// Runs an empty batch, which tests everything up to the first row.
    pub async fn probe(&self) -> DatabaseHealth {
        match run_transaction(&self.deps, &self.totals_cache, &[]).await {
            Ok(_) => DatabaseHealth::Available,
            Err(_) => DatabaseHealth::Unavailable,
        }
    }

    /// Waits until every committed batch has been acknowledged.
    pub async fn drain(&self) {
        self.replies.wait_for_all().await;
    }

    async fn acknowledge(&self, commands: Vec<PendingCommand>, decided: DecidedBatch) {
        let DecidedBatch { head, changes, decisions } = decided;
        if !changes.events.is_empty() {
            self.deps.commits.notify(head.event_seq);
        }
        let replies = BatchReplies { commands, decisions, head_seq: head.seq };
        self.replies.reply_when_visible(replies, self.deps.barrier.clone()).await;
    }

    async fn commit(&self, batch: &[PendingCommand]) -> Result<DecidedBatch, NotCommitted> {
        let submissions: Vec<&Submission> = batch.iter().map(|command| &command.submission).collect();
        let mut retries = 0;
        let started = Instant::now();
        loop {
            let failed = match run_transaction(&self.deps, &self.totals_cache, &submissions).await {
                Ok(decided) => {
                    metrics::histogram!("hermes_writer_transaction_seconds").record(started.elapsed());
                    if retries == 0 && !decided.changes.is_empty() {
                        // Audit rows, not commands: rejections and replays cost almost nothing.
                        self.estimator.record(decided.changes.audit.len(), started.elapsed());
                    }
                    return Ok(decided);
                }
                Err(BatchError::NotCommitted(failed)) => failed,
                Err(BatchError::CommitUnknown(decided, cause)) => {
                    let is_committed = self.resolve_unknown_commit(&decided.head).await;
                    if is_committed.map_err(NotCommitted::from_database)? {
                        return Ok(*decided);
                    }
                    let error = StoreError::Transient(format!("the commit did not happen: {cause}"));
                    NotCommitted::from_database(error)
                }
            };
            if retries == MAX_RETRIES || !matches!(failed.error, StoreError::Transient(_)) {
                return Err(failed);
            }
            retries += 1;
            metrics::counter!("hermes_writer_retries_total").increment(1);
            let error = failed.error.to_string();
            log::debug!(retries, error = error.as_str(); "retrying a ledger transaction");
            tokio::time::sleep(retry_delay()).await;
        }
    }

    /// Looks up whether a batch was committed if its COMMIT got no response.
    async fn resolve_unknown_commit(&self, head: &LedgerHead) -> Result<bool, StoreError> {
        let mut last_error = StoreError::OutcomeUnknown("not looked up".to_owned());
        for _ in 0..MAX_COMMIT_LOOKUPS {
            match self.deps.store.is_committed(head).await {
                Ok(is_committed) => return Ok(is_committed),
                Err(error) => last_error = error,
            }
            tokio::time::sleep(retry_delay()).await;
        }
        Err(StoreError::OutcomeUnknown(last_error.to_string()))
    }
}

fn retry_delay() -> Duration {
    Duration::from_millis(fastrand::u64(RETRY_DELAY_MS))
}

/// Splits a failed batch into halves, so that in the end the command that fails is alone.
fn bisect(mut first_half: Vec<PendingCommand>, batches: &mut VecDeque<Vec<PendingCommand>>) {
    let second_half = first_half.split_off(first_half.len() / 2);
    batches.push_front(second_half);
    batches.push_front(first_half);
}

fn reject_failed(batch: Vec<PendingCommand>, error: &StoreError) {
    let submit_error = match error {
        StoreError::Transient(_) | StoreError::Unavailable(_) | StoreError::ReadOnly(_) => {
            SubmitError::Unavailable
        }
        StoreError::ClockWrong(_) => SubmitError::ClockWrong,
        StoreError::TooLarge(_) => SubmitError::TooLarge,
        StoreError::OutcomeUnknown(_) => SubmitError::OutcomeUnknown,
        StoreError::Rejected(_) | StoreError::Corrupt(_) | StoreError::Internal(_) => SubmitError::Internal,
    };
    let commands = batch.len();
    let first = batch.first().map(|command| command_kind(&command.submission.command)).unwrap_or_default();
    log::error!(
        commands, first, error = error.to_string().as_str();
        "a batch of {commands} commands failed: {error}"
    );
    metrics::counter!("hermes_writer_failed_total").increment(1);
    reject_all(batch, &submit_error);
}

const fn command_kind(command: &Command) -> &'static str {
    match command {
        Command::Book(_) => "book",
        Command::Correct(_) => "correct",
        Command::Cancel(_) => "cancel",
        Command::RenewPageLink(_) => "renew-page-link",
        Command::Erase(_) => "erase",
        Command::Reopen(_) => "reopen",
        Command::Receipt(ReceiptCommand::Record { .. }) => "record-receipt",
        Command::Receipt(ReceiptCommand::Allocate { .. }) => "allocate",
        Command::Receipt(ReceiptCommand::Unallocate { .. }) => "unallocate",
        Command::Receipt(ReceiptCommand::Reverse { .. }) => "reverse-receipt",
        Command::Receipt(ReceiptCommand::WriteOff { .. }) => "write-off",
        Command::Refund(RefundCommand::ReleaseExcess { .. }) => "release-excess",
        Command::Refund(RefundCommand::Request { .. }) => "request-refund",
        Command::Refund(RefundCommand::Approve(_)) => "approve-refund",
        Command::Refund(RefundCommand::MarkSent { .. }) => "mark-refund-sent",
        Command::Refund(RefundCommand::MarkFailed { .. }) => "mark-refund-failed",
        Command::Key(KeyCommand::Create(_)) => "create-key",
        Command::Key(KeyCommand::Rotate(_)) => "rotate-key",
        Command::Key(KeyCommand::Revoke(_)) => "revoke-key",
    }
}
