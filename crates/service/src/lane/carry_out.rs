//! Carrying out one batch, again when the database says so, in parts when some command stands in its way.

use std::collections::VecDeque;
use std::sync::Arc;

use hermes_domain::ledger::{Command, LedgerHead, Submission};
use hermes_domain::ports::StoreError;
use tokio::time::Instant;

use super::answer::{Answers, Settling};
use super::attempt::{Blame, Decided, Failure, NotCommitted, attempt};
use super::batch::Job;
use super::breaker::is_lasting;
use super::pace::Pace;
use super::retry::{RETRIES_MAX, pause};
use super::sums::Sums;
use super::{LaneParts, SubmitError};

/// How often it is asked whether a batch was committed, before the callers are told that nobody knows.
const LOOKUPS_MAX: u32 = 3;

/// What a batch has shown of the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    /// It takes writes.
    Working,
    /// It takes none now.
    Away,
}

/// The lane's work.
pub(super) struct CarryOut {
    parts: LaneParts,
    sums: Sums,
    pace: Arc<Pace>,
    settling: Settling,
}

impl CarryOut {
    pub fn new(parts: LaneParts, pace: Arc<Pace>) -> Self {
        Self { parts, sums: Sums::default(), pace, settling: Settling::default() }
    }

    /// Carries out a batch and answers its callers, on its own time after the commit.
    pub async fn carry_out(&self, jobs: Vec<Job>) -> Shown {
        let mut batches = VecDeque::from([jobs]);
        while let Some(jobs) = batches.pop_front() {
            match self.commit(&jobs).await {
                Ok(decided) => self.acknowledge(jobs, decided).await,
                Err(failed) if failed.blame == Blame::SomeCommand && jobs.len() > 1 => {
                    bisect(jobs, &mut batches);
                }
                Err(failed) => {
                    refuse_all(jobs, &failed.error);
                    if is_lasting(&failed.error) {
                        refuse_rest(batches);
                        return Shown::Away;
                    }
                }
            }
        }
        Shown::Working
    }

    /// Asks the database for everything that a batch needs before its first row.
    pub async fn try_empty(&self) -> Shown {
        match attempt(&self.parts, &self.sums, &[]).await {
            Ok(_) => Shown::Working,
            Err(_) => Shown::Away,
        }
    }

    /// Waits for the answers that are still on their way.
    pub async fn settled(&self) {
        self.settling.wait().await;
    }

    async fn acknowledge(&self, jobs: Vec<Job>, decided: Decided) {
        let Decided { head, changes, decisions } = decided;
        if !changes.events.is_empty() {
            self.parts.commits.give(head.event_seq);
        }
        let answers = Answers { jobs, decisions, head_seq: head.seq };
        self.settling.give(answers, self.parts.barrier.clone()).await;
    }

    async fn commit(&self, jobs: &[Job]) -> Result<Decided, NotCommitted> {
        let submissions: Vec<&Submission> = jobs.iter().map(|job| &job.submission).collect();
        let mut retries = 0;
        let started = Instant::now();
        loop {
            let failed = match attempt(&self.parts, &self.sums, &submissions).await {
                Ok(decided) => {
                    if retries == 0 && !decided.changes.is_empty() {
                        // Not by the commands: refusals and replays cost next to nothing.
                        self.pace.learn(decided.changes.audit.len(), started.elapsed());
                    }
                    return Ok(decided);
                }
                Err(Failure::Before(failed)) => failed,
                Err(Failure::InCommit(decided, cause)) => {
                    if self.look_up(&decided.head).await.map_err(NotCommitted::by_database)? {
                        return Ok(*decided);
                    }
                    let error = StoreError::Transient(format!("the commit did not happen: {cause}"));
                    NotCommitted::by_database(error)
                }
            };
            if retries == RETRIES_MAX || !matches!(failed.error, StoreError::Transient(_)) {
                return Err(failed);
            }
            retries += 1;
            metrics::counter!("hermes_lane_retries_total").increment(1);
            let error = failed.error.to_string();
            log::debug!(retries, error = error.as_str(); "ledger transaction is tried again");
            tokio::time::sleep(pause()).await;
        }
    }

    /// Whether a batch whose COMMIT nobody answered was committed.
    async fn look_up(&self, head: &LedgerHead) -> Result<bool, StoreError> {
        let mut last = StoreError::OutcomeUnknown("never asked".to_owned());
        for _ in 0..LOOKUPS_MAX {
            match self.parts.store.is_committed(head).await {
                Ok(committed) => return Ok(committed),
                Err(error) => last = error,
            }
            tokio::time::sleep(pause()).await;
        }
        Err(StoreError::OutcomeUnknown(last.to_string()))
    }
}

/// Splits a batch that some command stands in the way of, so that the command fails alone.
fn bisect(mut jobs: Vec<Job>, batches: &mut VecDeque<Vec<Job>>) {
    let second = jobs.split_off(jobs.len() / 2);
    batches.push_front(second);
    batches.push_front(jobs);
}

/// Answers those whose part of a batch was not tried any more.
fn refuse_rest(batches: VecDeque<Vec<Job>>) {
    for job in batches.into_iter().flatten() {
        job.answer(Err(SubmitError::Unavailable));
    }
}

fn refuse_all(jobs: Vec<Job>, error: &StoreError) {
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
    metrics::counter!("hermes_lane_failed_total").increment(1);
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
