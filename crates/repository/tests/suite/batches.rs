//! Executes batches as the ledger writer does.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use hermes_domain::access::KeyRecord;
use hermes_domain::ledger::{
    Changes, Clocks, Command, Decider, DecisionContext, Facts, IdempotencyClaim, KeyCommand, KeyOutcome,
    Origin, Outcome, PaymentOutcome, ReceiptQuery, Rejection, Rules, Submission,
};
use hermes_domain::payment::{NewBooking, Payment, PaymentKey};
use hermes_domain::ports::{LedgerStore, LedgerTransaction};

use crate::ledger::TestLedger;
use crate::rules::{RANDOM, rules};

/// The clock of the tests.
pub fn noon() -> DateTime<Utc> {
    DateTime::from_timestamp_micros(1_795_348_800_123_456).unwrap()
}

pub fn submission(command: Command) -> Submission {
    Submission {
        command,
        origin: Origin {
            actor: "api key Ω".to_owned(),
            user_agent: Some("curl/8 🦀".to_owned()),
            ip_address: Some("2001:db8::1".parse().unwrap()),
        },
        idempotency: None,
    }
}

pub fn with_claim(command: Command, scope: u8, fingerprint: u8) -> Submission {
    Submission {
        idempotency: Some(IdempotencyClaim { scope_hash: [scope; 32], fingerprint: [fingerprint; 32] }),
        ..submission(command)
    }
}

fn submissions(bookings: Vec<NewBooking>) -> Vec<Submission> {
    bookings.into_iter().map(|booking| submission(Command::Book(booking))).collect()
}

/// Books payments in one batch.
pub async fn book(ledger: &TestLedger, bookings: Vec<NewBooking>) -> Vec<Payment> {
    let outcomes = execute(ledger, &submissions(bookings)).await;
    outcomes.into_iter().map(|outcome| outcome.unwrap().payment).collect()
}

pub async fn book_one(ledger: &TestLedger, booking: NewBooking) -> Payment {
    book(ledger, vec![booking]).await.pop().unwrap()
}

/// Executes commands that change payments.
pub async fn execute(
    ledger: &TestLedger,
    submissions: &[Submission],
) -> Vec<Result<PaymentOutcome, Rejection>> {
    let outcomes = execute_any(ledger, submissions).await.into_iter();
    outcomes.map(|outcome| Ok(outcome?.try_into().unwrap())).collect()
}

/// Executes a command that changes a key and must succeed.
pub async fn execute_key(ledger: &TestLedger, command: KeyCommand) -> KeyRecord {
    let outcome = execute_any(ledger, &[submission(Command::Key(command))]).await.remove(0);
    KeyOutcome::try_from(outcome.unwrap()).unwrap().key
}

pub async fn execute_any(ledger: &TestLedger, submissions: &[Submission]) -> Vec<Result<Outcome, Rejection>> {
    let mut transaction = ledger.store.begin().await.unwrap();
    let (outcomes, changes) = decide(transaction.as_mut(), &rules(), submissions).await;
    if changes.is_empty() {
        transaction.rollback().await;
        return outcomes;
    }
    transaction.write(&changes).await.unwrap();
    transaction.commit().await.unwrap();
    outcomes
}

/// Decides a command that is rejected, and writes nothing.
pub async fn execute_rejected(ledger: &TestLedger, submission: &Submission) -> Rejection {
    let mut transaction = ledger.store.begin().await.unwrap();
    let (mut outcomes, changes) =
        decide(transaction.as_mut(), &rules(), std::slice::from_ref(submission)).await;
    transaction.rollback().await;
    assert!(changes.is_empty());
    outcomes.remove(0).unwrap_err()
}

/// Writes a batch of bookings without committing the batch.
pub async fn written(
    ledger: &TestLedger,
    bookings: Vec<NewBooking>,
) -> (Box<dyn LedgerTransaction>, Changes) {
    let mut transaction = ledger.store.begin().await.unwrap();
    let (_, changes) = decide(transaction.as_mut(), &rules(), &submissions(bookings)).await;
    transaction.write(&changes).await.unwrap();
    (transaction, changes)
}

/// Locks the head, loads the facts and decides the commands.
pub async fn decide(
    transaction: &mut dyn LedgerTransaction,
    rules: &Rules,
    submissions: &[Submission],
) -> (Vec<Result<Outcome, Rejection>>, Changes) {
    let head = transaction.lock_head().await.unwrap().head;
    let claims = submissions.iter().filter_map(|submission| submission.idempotency);
    let scopes: Vec<_> = claims.map(|claim| claim.scope_hash).collect();
    let targets = submissions.iter().flat_map(|submission| submission.command.targets()).cloned();
    let records = transaction.find_idempotency(&scopes).await.unwrap();
    let mut keys = HashMap::new();
    for id in submissions.iter().filter_map(|submission| submission.command.key_target()) {
        keys.extend(transaction.find_key(id).await.unwrap().map(|key| (id, key)));
    }
    let mut facts = Facts {
        keys,
        payments: transaction.find_payments(&targets.collect::<Vec<_>>()).await.unwrap(),
        idempotency: records.into_iter().map(|record| (record.claim.scope_hash, record)).collect(),
        ..Facts::at(head)
    };
    find_receipts(transaction, submissions, &mut facts).await;
    let context =
        DecisionContext { rules, now: head.next_timestamp(Clocks::same(noon())), random_source: &RANDOM };
    let mut decider = Decider::new(context, facts);
    let queries = decider.fact_queries(submissions.iter().map(|submission| &submission.command));
    let duplicates = transaction.find_duplicates(&queries.duplicates).await.unwrap();
    let totals = transaction.find_totals(&queries.currencies).await.unwrap();
    decider.add_facts(duplicates, totals);
    let outcomes = submissions.iter().map(|submission| decider.decide(submission)).collect();
    (outcomes, decider.into_changes())
}

/// Loads the receipts that the commands need, and the payments of their allocations.
async fn find_receipts(
    transaction: &mut dyn LedgerTransaction,
    submissions: &[Submission],
    facts: &mut Facts,
) {
    let mut query = ReceiptQuery::default();
    for submission in submissions {
        submission.command.add_receipts_to(&mut query);
        let payment = submission.command.needs_receipts_of().and_then(|key| facts.payments.get(key));
        query.payments.extend(payment.map(|payment| payment.id));
    }
    let receipts = transaction.find_receipts(&query).await.unwrap();
    let allocations = receipts.iter().flat_map(|receipt| &receipt.allocations);
    let payments: Vec<_> = allocations.map(|allocation| PaymentKey::Id(allocation.payment)).collect();
    facts.payments.extend(transaction.find_payments(&payments).await.unwrap());
    facts.receipts.extend(receipts.into_iter().map(|receipt| (receipt.number, receipt)));
}
