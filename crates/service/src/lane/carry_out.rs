//! Carrying out one batch: lock the head, read, decide, write, commit; and again when the database says so.
//!
//! Round trips of a batch of bookings, whatever its size: begin, head, duplicates, totals, six inserts (in
//! chunks), head, commit; two more where keys are claimed.

use std::collections::VecDeque;

use hermes_domain::ledger::{
    Changes, Circumstances, Command, Decider, Digest, Facts, LedgerHead, Outcome, Refusal, Submission,
};
use hermes_domain::payment::PaymentKey;
use hermes_domain::ports::{LedgerTransaction, StoreError};

use super::answer::{Answers, Settling};
use super::batch::Job;
use super::retry::{RETRIES_MAX, pause};
use super::{LaneParts, SubmitError};

/// How often it is asked whether a batch was committed, before the callers are told that nobody knows.
const LOOKUPS_MAX: u32 = 3;

/// The lane's work.
pub(super) struct CarryOut {
    parts: LaneParts,
    settling: Settling,
}

/// What the domain decided on a batch.
struct Decided {
    /// The head that the batch left behind.
    head: LedgerHead,
    changes: Changes,
    decisions: Vec<Result<Outcome, Refusal>>,
}

/// How far a batch got when it failed.
enum Failure {
    /// Nothing was committed.
    Before(StoreError),
    /// COMMIT was sent and nobody answered.
    InCommit(Box<Decided>),
}

impl CarryOut {
    pub fn new(parts: LaneParts) -> Self {
        Self {
            parts,
            settling: Settling::default(),
        }
    }

    /// Carries out a batch and answers its callers, on its own time after the commit.
    pub async fn carry_out(&self, jobs: Vec<Job>) {
        let mut batches = VecDeque::from([jobs]);
        while let Some(jobs) = batches.pop_front() {
            match self.commit(&jobs).await {
                Ok(decided) => self.acknowledge(jobs, decided).await,
                Err(StoreError::Rejected(_)) if jobs.len() > 1 => bisect(jobs, &mut batches),
                Err(error) => refuse_all(jobs, &error),
            }
        }
    }

    /// Waits for the answers that are still on their way.
    pub async fn settled(&self) {
        self.settling.wait().await;
    }

    async fn acknowledge(&self, jobs: Vec<Job>, decided: Decided) {
        let Decided {
            head,
            changes,
            decisions,
        } = decided;
        if !changes.events.is_empty() {
            self.parts.events.publish(&changes.events).await;
        }
        let answers = Answers {
            jobs,
            decisions,
            head_seq: head.seq,
        };
        self.settling.give(answers, self.parts.barrier.clone()).await;
    }

    async fn commit(&self, jobs: &[Job]) -> Result<Decided, StoreError> {
        let submissions: Vec<&Submission> = jobs.iter().map(|job| &job.submission).collect();
        let mut retries = 0;
        loop {
            let error = match self.attempt(&submissions).await {
                Ok(decided) => return Ok(decided),
                Err(Failure::Before(error @ StoreError::Transient(_))) => error,
                Err(Failure::Before(error)) => return Err(error),
                Err(Failure::InCommit(decided)) => {
                    if self.look_up(&decided.head).await? {
                        return Ok(*decided);
                    }
                    StoreError::Transient("the commit did not happen".to_owned())
                }
            };
            if retries == RETRIES_MAX {
                return Err(error);
            }
            retries += 1;
            metrics::counter!("hermes_lane_retries_total").increment(1);
            log::debug!(retries, error = error.to_string().as_str(); "ledger transaction is tried again");
            tokio::time::sleep(pause()).await;
        }
    }

    async fn attempt(&self, submissions: &[&Submission]) -> Result<Decided, Failure> {
        let mut transaction = self.parts.store.begin().await.map_err(Failure::Before)?;
        let written = self.decide_and_write(transaction.as_mut(), submissions).await;
        let decided = match written {
            Ok(decided) if decided.changes.is_empty() => {
                transaction.rollback().await;
                return Ok(decided);
            }
            Ok(decided) => decided,
            Err(error) => {
                transaction.rollback().await;
                return Err(Failure::Before(error));
            }
        };
        match transaction.commit().await {
            Ok(()) => Ok(decided),
            Err(StoreError::OutcomeUnknown(_)) => Err(Failure::InCommit(Box::new(decided))),
            Err(error) => Err(Failure::Before(error)),
        }
    }

    async fn decide_and_write(
        &self,
        transaction: &mut dyn LedgerTransaction,
        submissions: &[&Submission],
    ) -> Result<Decided, StoreError> {
        let head = transaction.lock_head().await?;
        let facts = read_named(transaction, head, submissions).await?;
        let circumstances = Circumstances {
            rules: &self.parts.rules,
            now: head.next_instant(self.parts.clock.now()),
            entropy: self.parts.entropy.as_ref(),
        };
        let mut decider = Decider::new(circumstances, facts);
        let questions = decider.questions(submissions.iter().map(|submission| &submission.command));
        let duplicates = transaction.find_duplicates(&questions.duplicates).await?;
        let totals = transaction.find_totals(&questions.currencies).await?;
        decider.learn(duplicates, totals);
        let decisions = submissions
            .iter()
            .map(|submission| decider.decide(submission))
            .collect();
        let changes = decider.into_changes();
        if changes.is_empty() {
            return Ok(Decided {
                head,
                changes,
                decisions,
            });
        }
        transaction.write(&changes).await?;
        Ok(Decided {
            head: changes.head,
            changes,
            decisions,
        })
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

/// Reads what the commands name: keys that were claimed before, payments that are to be altered.
async fn read_named(
    transaction: &mut dyn LedgerTransaction,
    head: LedgerHead,
    submissions: &[&Submission],
) -> Result<Facts, StoreError> {
    let scopes: Vec<Digest> = submissions
        .iter()
        .filter_map(|submission| submission.idempotency)
        .map(|claim| claim.scope_hash)
        .collect();
    let targets: Vec<PaymentKey> = submissions
        .iter()
        .filter_map(|submission| submission.command.target())
        .cloned()
        .collect();
    let mut facts = Facts::at(head);
    if !scopes.is_empty() {
        let records = transaction.find_idempotency(&scopes).await?;
        facts.idempotency = records
            .into_iter()
            .map(|record| (record.claim.scope_hash, record))
            .collect();
    }
    if !targets.is_empty() {
        facts.payments = transaction.find_payments(&targets).await?;
    }
    Ok(facts)
}

/// Splits a batch of which the database refuses some row, so that the row fails alone.
fn bisect(mut jobs: Vec<Job>, batches: &mut VecDeque<Vec<Job>>) {
    let second = jobs.split_off(jobs.len() / 2);
    batches.push_front(second);
    batches.push_front(jobs);
}

fn refuse_all(jobs: Vec<Job>, error: &StoreError) {
    let answer = match error {
        StoreError::Transient(_) | StoreError::Unavailable(_) => SubmitError::Unavailable,
        StoreError::OutcomeUnknown(_) => SubmitError::OutcomeUnknown,
        StoreError::Rejected(_) | StoreError::Corrupt(_) | StoreError::Internal(_) => SubmitError::Internal,
    };
    let kinds: Vec<_> = jobs
        .iter()
        .map(|job| kind(&job.submission.command))
        .take(1)
        .collect();
    log::error!(
        commands = jobs.len(),
        first = kinds.first().copied().unwrap_or_default(),
        error = error.to_string().as_str();
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
