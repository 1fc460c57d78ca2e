//! Carrying out one batch, again when the database says so, in parts when some command stands in its way.

use std::collections::VecDeque;
use std::sync::Arc;

use hermes_domain::ledger::{Command, LedgerHead, Submission};
use hermes_domain::ports::StoreError;
use tokio::time::Instant;

use super::admission::WaitEstimator;
use super::circuit_breaker::is_outage;
use super::queue::PendingCommand;
use super::reply::{BatchReplies, ReplyTracker};
use super::retry::{MAX_RETRIES, retry_delay};
use super::totals_cache::TotalsCache;
use super::transaction::{BatchError, DecidedBatch, FailureScope, NotCommitted, run_transaction};
use super::{SubmitError, WriterDeps};

/// How often it is asked whether a batch was committed, before the callers are told that nobody knows.
const MAX_COMMIT_LOOKUPS: u32 = 3;

/// What a batch has shown of the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DatabaseHealth {
    /// It takes writes.
    Available,
    /// It takes none now.
    Unavailable,
}

/// The lane's work.
pub(super) struct BatchExecutor {
    parts: WriterDeps,
    totals_cache: TotalsCache,
    estimator: Arc<WaitEstimator>,
    replies: ReplyTracker,
}

impl BatchExecutor {
    pub fn new(parts: WriterDeps, estimator: Arc<WaitEstimator>) -> Self {
        Self { parts, totals_cache: TotalsCache::default(), estimator, replies: ReplyTracker::default() }
    }

    /// Carries out a batch and answers its callers, on its own time after the commit.
    pub async fn execute(&self, jobs: Vec<PendingCommand>) -> DatabaseHealth {
        let mut batches = VecDeque::from([jobs]);
        while let Some(jobs) = batches.pop_front() {
            match self.commit(&jobs).await {
                Ok(decided) => self.acknowledge(jobs, decided).await,
                Err(failed) if failed.scope == FailureScope::Command && jobs.len() > 1 => {
                    bisect(jobs, &mut batches);
                }
                Err(failed) => {
                    reject_all(jobs, &failed.error);
                    if is_outage(&failed.error) {
                        reject_remaining(batches);
                        return DatabaseHealth::Unavailable;
                    }
                }
            }
        }
        DatabaseHealth::Available
    }

    /// Asks the database for everything that a batch needs before its first row.
    pub async fn probe(&self) -> DatabaseHealth {
        match run_transaction(&self.parts, &self.totals_cache, &[]).await {
            Ok(_) => DatabaseHealth::Available,
            Err(_) => DatabaseHealth::Unavailable,
        }
    }

    /// Waits for the answers that are still on their way.
    pub async fn drain(&self) {
        self.replies.wait().await;
    }

    async fn acknowledge(&self, jobs: Vec<PendingCommand>, decided: DecidedBatch) {
        let DecidedBatch { head, changes, decisions } = decided;
        if !changes.events.is_empty() {
            self.parts.commits.notify(head.event_seq);
        }
        let answers = BatchReplies { jobs, decisions, head_seq: head.seq };
        self.replies.reply_when_visible(answers, self.parts.barrier.clone()).await;
    }

    async fn commit(&self, jobs: &[PendingCommand]) -> Result<DecidedBatch, NotCommitted> {
        let submissions: Vec<&Submission> = jobs.iter().map(|job| &job.submission).collect();
        let mut retries = 0;
        let started = Instant::now();
        loop {
            let failed = match run_transaction(&self.parts, &self.totals_cache, &submissions).await {
                Ok(decided) => {
                    if retries == 0 && !decided.changes.is_empty() {
                        // Not by the commands: refusals and replays cost next to nothing.
                        self.estimator.record(decided.changes.audit.len(), started.elapsed());
                    }
                    return Ok(decided);
                }
                Err(BatchError::NotCommitted(failed)) => failed,
                Err(BatchError::CommitUnknown(decided, cause)) => {
                    if self
                        .resolve_unknown_commit(&decided.head)
                        .await
                        .map_err(NotCommitted::from_database)?
                    {
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
            log::debug!(retries, error = error.as_str(); "ledger transaction is tried again");
            tokio::time::sleep(retry_delay()).await;
        }
    }

    /// Whether a batch whose COMMIT nobody answered was committed.
    async fn resolve_unknown_commit(&self, head: &LedgerHead) -> Result<bool, StoreError> {
        let mut last = StoreError::OutcomeUnknown("never asked".to_owned());
        for _ in 0..MAX_COMMIT_LOOKUPS {
            match self.parts.store.is_committed(head).await {
                Ok(committed) => return Ok(committed),
                Err(error) => last = error,
            }
            tokio::time::sleep(retry_delay()).await;
        }
        Err(StoreError::OutcomeUnknown(last.to_string()))
    }
}

/// Splits a batch that some command stands in the way of, so that the command fails alone.
fn bisect(mut jobs: Vec<PendingCommand>, batches: &mut VecDeque<Vec<PendingCommand>>) {
    let second = jobs.split_off(jobs.len() / 2);
    batches.push_front(second);
    batches.push_front(jobs);
}

/// BatchReplies those whose part of a batch was not tried any more.
fn reject_remaining(batches: VecDeque<Vec<PendingCommand>>) {
    for job in batches.into_iter().flatten() {
        job.answer(Err(SubmitError::Unavailable));
    }
}

fn reject_all(jobs: Vec<PendingCommand>, error: &StoreError) {
    let answer = match error {
        StoreError::Transient(_) | StoreError::Unavailable(_) | StoreError::ReadOnly(_) => {
            SubmitError::Unavailable
        }
        StoreError::TooLarge(_) => SubmitError::TooLarge,
        StoreError::OutcomeUnknown(_) => SubmitError::OutcomeUnknown,
        StoreError::Rejected(_) | StoreError::Corrupt(_) | StoreError::Internal(_) => SubmitError::Internal,
    };
    let first = jobs.first().map(|job| kind(&job.submission.command)).unwrap_or_default();
    log::error!(
        commands = jobs.len(), first, error = error.to_string().as_str();
        "a batch of {} commands could not be carried out: {error}", jobs.len()
    );
    metrics::counter!("hermes_writer_failed_total").increment(1);
    for job in jobs {
        job.answer(Err(answer.clone()));
    }
}

const fn kind(command: &Command) -> &'static str {
    match command {
        Command::Book(_) => "book",
        Command::Correct(_) => "correct",
        Command::Cancel(_) => "cancel",
    }
}
