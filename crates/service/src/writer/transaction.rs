//! One try at carrying out a batch: lock the head, read, decide, write, commit.
//!
//! Round trips of a batch of bookings: begin, head, duplicates, inserts of payments, checks, audit rows and events
//! (in chunks), totals_cache, head, commit; two more where keys are claimed, and one where another instance wrote last.

use std::panic::{AssertUnwindSafe, catch_unwind};

use hermes_domain::ledger::{
    Changes, Decider, DecisionContext, Digest, Facts, LedgerHead, Outcome, Rejection, Submission,
};
use hermes_domain::payment::PaymentKey;
use hermes_domain::ports::{LedgerTransaction, StoreError};

use super::WriterDeps;
use super::totals_cache::TotalsCache;

/// What the domain decided on a batch.
pub(super) struct DecidedBatch {
    /// The head that the batch left behind.
    pub head: LedgerHead,
    pub changes: Changes,
    pub decisions: Vec<Result<Outcome, Rejection>>,
}

/// How far a batch got when it failed.
pub(super) enum BatchError {
    /// It was surely not committed.
    NotCommitted(NotCommitted),
    /// COMMIT was sent, and whether it was carried out is not known; and what the database said.
    CommitUnknown(Box<DecidedBatch>, String),
}

/// Why a batch was not committed.
pub(super) struct NotCommitted {
    pub error: StoreError,
    pub scope: FailureScope,
}

/// What a failure may come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FailureScope {
    /// The database as a whole: no other batch would fare better now.
    Database,
    /// One of the commands, or the rows that it needs: the others may be carried out without it.
    Command,
}

impl NotCommitted {
    pub const fn from_database(error: StoreError) -> Self {
        Self { error, scope: FailureScope::Database }
    }

    /// After the head was locked, what is not the database's state is in the rows that the commands touch.
    fn by(error: StoreError) -> Self {
        let scope = match error {
            StoreError::Rejected(_)
            | StoreError::TooLarge(_)
            | StoreError::Corrupt(_)
            | StoreError::Internal(_) => FailureScope::Command,
            StoreError::Transient(_)
            | StoreError::Unavailable(_)
            | StoreError::ReadOnly(_)
            | StoreError::OutcomeUnknown(_) => FailureScope::Database,
        };
        Self { error, scope }
    }
}

/// Carries out a batch in one transaction.
pub(super) async fn run_transaction(
    parts: &WriterDeps,
    totals_cache: &TotalsCache,
    submissions: &[&Submission],
) -> Result<DecidedBatch, BatchError> {
    let before = |error| BatchError::NotCommitted(NotCommitted::from_database(error));
    let mut transaction = parts.store.begin().await.map_err(before)?;
    let head = match transaction.lock_head().await {
        Ok(head) => head,
        Err(error) => {
            transaction.rollback().await;
            return Err(before(error));
        }
    };
    let decided = match decide_and_write(parts, totals_cache, transaction.as_mut(), head, submissions).await {
        Ok(decided) if decided.changes.is_empty() => {
            transaction.rollback().await;
            return Ok(decided);
        }
        Ok(decided) => decided,
        Err(error) => {
            transaction.rollback().await;
            return Err(BatchError::NotCommitted(NotCommitted::by(error)));
        }
    };
    match transaction.commit().await {
        Ok(()) => Ok(decided),
        Err(StoreError::OutcomeUnknown(cause)) => Err(BatchError::CommitUnknown(Box::new(decided), cause)),
        Err(error) => Err(BatchError::NotCommitted(NotCommitted::by(error))),
    }
}

async fn decide_and_write(
    parts: &WriterDeps,
    totals_cache: &TotalsCache,
    transaction: &mut dyn LedgerTransaction,
    head: LedgerHead,
    submissions: &[&Submission],
) -> Result<DecidedBatch, StoreError> {
    let facts = load_targets(transaction, head, submissions).await?;
    let context = DecisionContext {
        rules: &parts.rules,
        now: head.next_timestamp(parts.clock.now()),
        random_source: parts.random_source.as_ref(),
    };
    let mut decider = Decider::new(context, facts);
    let questions = decider.fact_queries(submissions.iter().map(|submission| &submission.command));
    let duplicates = transaction.find_duplicates(&questions.duplicates).await?;
    let totals = match totals_cache.at(head.id(), &questions.currencies) {
        Some(totals) => totals,
        None => transaction.find_totals(&questions.currencies).await?,
    };
    decider.add_facts(duplicates, totals.iter().copied());
    let (decisions, changes) = decide(decider, submissions)?;
    if changes.is_empty() {
        return Ok(DecidedBatch { head, changes, decisions });
    }
    totals_cache.record(head.id(), totals, &changes);
    transaction.write(&changes).await?;
    Ok(DecidedBatch { head: changes.head, changes, decisions })
}

/// Reads what the commands name: keys that were claimed before, payments that are to be altered.
async fn load_targets(
    transaction: &mut dyn LedgerTransaction,
    head: LedgerHead,
    submissions: &[&Submission],
) -> Result<Facts, StoreError> {
    let scopes: Vec<Digest> = submissions
        .iter()
        .filter_map(|submission| submission.idempotency)
        .map(|claim| claim.scope_hash)
        .collect();
    let targets: Vec<PaymentKey> =
        submissions.iter().filter_map(|submission| submission.command.target()).cloned().collect();
    let mut facts = Facts::at(head);
    if !scopes.is_empty() {
        let records = transaction.find_idempotency(&scopes).await?;
        facts.idempotency = records.into_iter().map(|record| (record.claim.scope_hash, record)).collect();
    }
    if !targets.is_empty() {
        facts.payments = transaction.find_payments(&targets).await?;
    }
    Ok(facts)
}

/// Decides the commands in order.
///
/// A panic is a fault of the program that one command has brought to light. Nothing is written yet, and what
/// was decided so far is given up with the decider, so the neighbours can be carried out without it.
fn decide(
    mut decider: Decider<'_>,
    submissions: &[&Submission],
) -> Result<(Vec<Result<Outcome, Rejection>>, Changes), StoreError> {
    let decide_all = move || {
        let decisions = submissions.iter().map(|submission| decider.decide(submission)).collect();
        (decisions, decider.into_changes())
    };
    catch_unwind(AssertUnwindSafe(decide_all))
        .map_err(|_| StoreError::Internal("a decision panicked".to_owned()))
}
