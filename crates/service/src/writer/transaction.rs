//! Runs a batch in one database transaction: lock the head, load, decide, write, commit.
//!
//! A batch of bookings needs these statements: begin, head, duplicates, inserts (in chunks), totals, head, commit.
//! Idempotency keys add two. A commit by another instance adds one, for the totals. Receipts add the receipts that their
//! commands name, and the payments to which these are allocated.

use std::panic::{AssertUnwindSafe, catch_unwind};

use hermes_domain::access::KeyId;
use hermes_domain::ledger::{
    Changes, Clocks, Decider, DecisionContext, Digest, Facts, LedgerHead, Outcome, ReceiptQuery, Rejection,
    Submission,
};
use hermes_domain::payment::PaymentKey;
use hermes_domain::ports::{LedgerTransaction, StoreError};
use tokio::time::Instant;

use super::WriterDeps;
use super::totals_cache::TotalsCache;

/// The decisions on a batch.
pub(super) struct DecidedBatch {
    /// The head after the batch.
    pub head: LedgerHead,
    pub changes: Changes,
    pub decisions: Vec<Result<Outcome, Rejection>>,
}

/// How far a failed batch got.
pub(super) enum BatchError {
    /// The batch is definitely not committed.
    NotCommitted(NotCommitted),
    /// COMMIT was sent and its outcome is unknown. The text is the database's error.
    CommitUnknown(Box<DecidedBatch>, String),
}

/// Why a batch was not committed.
pub(super) struct NotCommitted {
    pub error: StoreError,
    pub scope: FailureScope,
}

/// What a failure affects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FailureScope {
    /// The whole database: any other batch would fail too.
    Database,
    /// One command, or the rows it needs: the other commands may succeed without it.
    Command,
}

impl NotCommitted {
    pub const fn from_database(error: StoreError) -> Self {
        Self { error, scope: FailureScope::Database }
    }

    /// Classifies an error that occurred after the head was locked.
    const fn after_lock(error: StoreError) -> Self {
        let scope = if error.is_outage() { FailureScope::Database } else { FailureScope::Command };
        Self { error, scope }
    }
}

/// Decides and commits a batch in one transaction.
pub(super) async fn run_transaction(
    deps: &WriterDeps,
    totals_cache: &TotalsCache,
    submissions: &[&Submission],
) -> Result<DecidedBatch, BatchError> {
    let before_lock = |error| BatchError::NotCommitted(NotCommitted::from_database(error));
    let mut transaction = deps.store.begin().await.map_err(before_lock)?;
    let locked = transaction.lock_head().await;
    let compared = locked.and_then(|locked| Ok((locked.head, deps.clocks.compare(locked.database_time)?)));
    let (head, clocks) = match compared {
        Ok(compared) => compared,
        Err(error) => {
            transaction.rollback().await;
            return Err(before_lock(error));
        }
    };
    let decided =
        match decide_and_write(deps, totals_cache, transaction.as_mut(), (head, clocks), submissions).await {
            Ok(decided) if decided.changes.is_empty() => {
                transaction.rollback().await;
                return Ok(decided);
            }
            Ok(decided) => decided,
            Err(error) => {
                transaction.rollback().await;
                return Err(BatchError::NotCommitted(NotCommitted::after_lock(error)));
            }
        };
    let commit_started = Instant::now();
    let committed = transaction.commit().await;
    metrics::histogram!("hermes_writer_commit_seconds").record(commit_started.elapsed());
    match committed {
        Ok(()) => Ok(decided),
        Err(StoreError::OutcomeUnknown(cause)) => Err(BatchError::CommitUnknown(Box::new(decided), cause)),
        Err(error) => Err(BatchError::NotCommitted(NotCommitted::after_lock(error))),
    }
}

async fn decide_and_write(
    deps: &WriterDeps,
    totals_cache: &TotalsCache,
    transaction: &mut dyn LedgerTransaction,
    (head, clocks): (LedgerHead, Clocks),
    submissions: &[&Submission],
) -> Result<DecidedBatch, StoreError> {
    let facts = load_targets(transaction, head, submissions).await?;
    let context = DecisionContext {
        rules: &deps.rules,
        now: head.next_timestamp(clocks),
        random_source: deps.random_source.as_ref(),
    };
    let mut decider = Decider::new(context, facts);
    let queries = decider.fact_queries(submissions.iter().map(|submission| &submission.command));
    let duplicates = transaction.find_duplicates(&queries.duplicates).await?;
    let totals = match totals_cache.get(head.id(), &queries.currencies) {
        Some(totals) => totals,
        None => transaction.find_totals(&queries.currencies).await?,
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

/// Loads the rows that the commands name: used idempotency keys, and the payments and API keys to change.
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
        submissions.iter().flat_map(|submission| submission.command.targets()).cloned().collect();
    let keys: Vec<KeyId> =
        submissions.iter().filter_map(|submission| submission.command.key_target()).collect();
    let mut facts = Facts::at(head);
    if !scopes.is_empty() {
        let records = transaction.find_idempotency(&scopes).await?;
        facts.idempotency = records.into_iter().map(|record| (record.claim.scope_hash, record)).collect();
    }
    if !targets.is_empty() {
        facts.payments = transaction.find_payments(&targets).await?;
    }
    load_receipts(transaction, &mut facts, submissions).await?;
    for id in keys {
        facts.keys.extend(transaction.find_key(id).await?.map(|key| (id, key)));
    }
    Ok(facts)
}

/// Loads the receipts that the commands need, and the payments that these receipts hold money of.
async fn load_receipts(
    transaction: &mut dyn LedgerTransaction,
    facts: &mut Facts,
    submissions: &[&Submission],
) -> Result<(), StoreError> {
    let mut query = ReceiptQuery::default();
    for submission in submissions {
        submission.command.add_receipts_to(&mut query);
        let payment = submission.command.needs_receipts_of().and_then(|key| facts.payments.get(key));
        query.payments.extend(payment.map(|payment| payment.id));
    }
    if query.is_empty() {
        return Ok(());
    }
    let receipts = transaction.find_receipts(&query).await?;
    if !query.statement_lines.is_empty() {
        facts.undone_lines = transaction.find_undone_lines(&query.statement_lines).await?;
    }
    let allocations = receipts.iter().flat_map(|receipt| &receipt.allocations);
    let mut payments: Vec<PaymentKey> =
        allocations.map(|allocation| PaymentKey::Id(allocation.payment)).collect();
    payments.sort_unstable_by_key(ToString::to_string);
    payments.dedup();
    payments.retain(|key| !facts.payments.contains_key(key));
    if !payments.is_empty() {
        facts.payments.extend(transaction.find_payments(&payments).await?);
    }
    facts.receipts.extend(receipts.into_iter().map(|receipt| (receipt.number, receipt)));
    Ok(())
}

/// Decides the commands in order.
///
/// A panic is a bug that one command triggers. Nothing is written yet and the decider is dropped, so the other commands
/// can be executed without that command.
fn decide(
    mut decider: Decider<'_>,
    submissions: &[&Submission],
) -> Result<(Vec<Result<Outcome, Rejection>>, Changes), StoreError> {
    let decide_all = move || {
        let decisions = submissions.iter().map(|submission| decider.decide(submission)).collect();
        (decisions, decider.into_changes())
    };
    catch_unwind(AssertUnwindSafe(decide_all)).map_err(|_| {
        metrics::counter!("hermes_invariant_violations_total", "invariant" => "decision").increment(1);
        StoreError::Internal("a decision panicked".to_owned())
    })
}
