//! Carries out batches as the service's lane does.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use hermes_domain::ledger::{
    Changes, Command, Decider, DecisionContext, Facts, IdempotencyClaim, LedgerHead, Origin, Outcome,
    Rejection, Rules, Submission,
};
use hermes_domain::payment::{NewBooking, Payment};
use hermes_domain::ports::{LedgerStore, LedgerTransaction};

use crate::ledger::TestLedger;
use crate::rules::{RANDOM, rules};

/// The time of the tests' clock, until batches push it on.
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

/// Books payments in one batch.
pub async fn book(ledger: &TestLedger, bookings: Vec<NewBooking>) -> Vec<Payment> {
    let submissions: Vec<Submission> =
        bookings.into_iter().map(|booking| submission(Command::Book(booking))).collect();
    let outcomes = carry_out(ledger, &submissions).await;
    outcomes.into_iter().map(|outcome| outcome.unwrap().payment).collect()
}

pub async fn book_one(ledger: &TestLedger, booking: NewBooking) -> Payment {
    book(ledger, vec![booking]).await.pop().unwrap()
}

pub async fn carry_out(ledger: &TestLedger, submissions: &[Submission]) -> Vec<Result<Outcome, Rejection>> {
    let mut transaction = ledger.store.begin().await.unwrap();
    let (outcomes, changes) = decide(transaction.as_mut(), &rules(), submissions).await;
    transaction.write(&changes).await.unwrap();
    transaction.commit().await.unwrap();
    outcomes
}

/// Everything up to the writing.
pub async fn decide(
    transaction: &mut dyn LedgerTransaction,
    rules: &Rules,
    submissions: &[Submission],
) -> (Vec<Result<Outcome, Rejection>>, Changes) {
    let head = transaction.lock_head().await.unwrap();
    let facts = facts(transaction, head, submissions).await;
    let context = DecisionContext { rules, now: head.next_timestamp(noon()), random_source: &RANDOM };
    let mut decider = Decider::new(context, facts);
    let questions = decider.fact_queries(submissions.iter().map(|submission| &submission.command));
    let duplicates = transaction.find_duplicates(&questions.duplicates).await.unwrap();
    let totals = transaction.find_totals(&questions.currencies).await.unwrap();
    decider.add_facts(duplicates, totals);
    let outcomes = submissions.iter().map(|submission| decider.decide(submission)).collect();
    (outcomes, decider.into_changes())
}

async fn facts(
    transaction: &mut dyn LedgerTransaction,
    head: LedgerHead,
    submissions: &[Submission],
) -> Facts {
    let scopes: Vec<_> =
        submissions.iter().filter_map(|submission| Some(submission.idempotency?.scope_hash)).collect();
    let keys: Vec<_> =
        submissions.iter().filter_map(|submission| submission.command.target().cloned()).collect();
    let records = transaction.find_idempotency(&scopes).await.unwrap();
    Facts {
        payments: transaction.find_payments(&keys).await.unwrap(),
        idempotency: records
            .into_iter()
            .map(|record| (record.claim.scope_hash, record))
            .collect::<HashMap<_, _>>(),
        ..Facts::at(head)
    }
}

/// A batch of bookings that is written but not yet committed.
pub async fn written(
    ledger: &TestLedger,
    bookings: Vec<NewBooking>,
) -> (Box<dyn LedgerTransaction>, Changes) {
    let submissions: Vec<Submission> =
        bookings.into_iter().map(|booking| submission(Command::Book(booking))).collect();
    let mut transaction = ledger.store.begin().await.unwrap();
    let (_, changes) = decide(transaction.as_mut(), &rules(), &submissions).await;
    transaction.write(&changes).await.unwrap();
    (transaction, changes)
}
