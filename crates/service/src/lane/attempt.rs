//! One try at carrying out a batch: lock the head, read, decide, write, commit.
//!
//! Round trips of a batch of bookings: begin, head, duplicates, inserts of payments, checks, audit rows and events
//! (in chunks), sums, head, commit; two more where keys are claimed, and one where another instance wrote last.

use std::panic::{AssertUnwindSafe, catch_unwind};

use hermes_domain::ledger::{
    Changes, Circumstances, Decider, Digest, Facts, LedgerHead, Outcome, Refusal, Submission,
};
use hermes_domain::payment::PaymentKey;
use hermes_domain::ports::{LedgerTransaction, StoreError};

use super::LaneParts;
use super::sums::Sums;

/// What the domain decided on a batch.
pub(super) struct Decided {
    /// The head that the batch left behind.
    pub head: LedgerHead,
    pub changes: Changes,
    pub decisions: Vec<Result<Outcome, Refusal>>,
}

/// How far a batch got when it failed.
pub(super) enum Failure {
    /// It was surely not committed.
    Before(NotCommitted),
    /// COMMIT was sent, and whether it was carried out is not known; and what the database said.
    InCommit(Box<Decided>, String),
}

/// Why a batch was not committed.
pub(super) struct NotCommitted {
    pub error: StoreError,
    pub blame: Blame,
}

/// What a failure may come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Blame {
    /// The database as a whole: no other batch would fare better now.
    Database,
    /// One of the commands, or the rows that it needs: the others may be carried out without it.
    SomeCommand,
}

impl NotCommitted {
    pub const fn by_database(error: StoreError) -> Self {
        Self { error, blame: Blame::Database }
    }

    /// After the head was locked, what is not the database's state is in the rows that the commands touch.
    fn by(error: StoreError) -> Self {
        let blame = match error {
            StoreError::Rejected(_)
            | StoreError::TooLarge(_)
            | StoreError::Corrupt(_)
            | StoreError::Internal(_) => Blame::SomeCommand,
            StoreError::Transient(_)
            | StoreError::Unavailable(_)
            | StoreError::ReadOnly(_)
            | StoreError::OutcomeUnknown(_) => Blame::Database,
        };
        Self { error, blame }
    }
}

/// Carries out a batch in one transaction.
pub(super) async fn attempt(
    parts: &LaneParts,
    sums: &Sums,
    submissions: &[&Submission],
) -> Result<Decided, Failure> {
    let before = |error| Failure::Before(NotCommitted::by_database(error));
    let mut transaction = parts.store.begin().await.map_err(before)?;
    let head = match transaction.lock_head().await {
        Ok(head) => head,
        Err(error) => {
            transaction.rollback().await;
            return Err(before(error));
        }
    };
    let decided = match decide_and_write(parts, sums, transaction.as_mut(), head, submissions).await {
        Ok(decided) if decided.changes.is_empty() => {
            transaction.rollback().await;
            return Ok(decided);
        }
        Ok(decided) => decided,
        Err(error) => {
            transaction.rollback().await;
            return Err(Failure::Before(NotCommitted::by(error)));
        }
    };
    match transaction.commit().await {
        Ok(()) => Ok(decided),
        Err(StoreError::OutcomeUnknown(cause)) => Err(Failure::InCommit(Box::new(decided), cause)),
        Err(error) => Err(Failure::Before(NotCommitted::by(error))),
    }
}

async fn decide_and_write(
    parts: &LaneParts,
    sums: &Sums,
    transaction: &mut dyn LedgerTransaction,
    head: LedgerHead,
    submissions: &[&Submission],
) -> Result<Decided, StoreError> {
    let facts = read_named(transaction, head, submissions).await?;
    let circumstances = Circumstances {
        rules: &parts.rules,
        now: head.next_instant(parts.clock.now()),
        entropy: parts.entropy.as_ref(),
    };
    let mut decider = Decider::new(circumstances, facts);
    let questions = decider.questions(submissions.iter().map(|submission| &submission.command));
    let duplicates = transaction.find_duplicates(&questions.duplicates).await?;
    let totals = match sums.at(head.mark(), &questions.currencies) {
        Some(totals) => totals,
        None => transaction.find_totals(&questions.currencies).await?,
    };
    decider.learn(duplicates, totals.iter().copied());
    let (decisions, changes) = decide(decider, submissions)?;
    if changes.is_empty() {
        return Ok(Decided { head, changes, decisions });
    }
    sums.note(head.mark(), totals, &changes);
    transaction.write(&changes).await?;
    Ok(Decided { head: changes.head, changes, decisions })
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
) -> Result<(Vec<Result<Outcome, Refusal>>, Changes), StoreError> {
    let decide_all = move || {
        let decisions = submissions.iter().map(|submission| decider.decide(submission)).collect();
        (decisions, decider.into_changes())
    };
    catch_unwind(AssertUnwindSafe(decide_all))
        .map_err(|_| StoreError::Internal("a decision panicked".to_owned()))
}
