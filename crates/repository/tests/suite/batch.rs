//! How long a full batch takes to write, and whether statements still have to stay small.

use std::time::{Duration, Instant};

use hermes_domain::ledger::{Command, Submission};
use hermes_domain::ports::LedgerStore;
use hermes_repository::entity::outbox;
use sea_orm::{ActiveValue::Set, DatabaseConnection, EntityTrait, TransactionTrait};

use crate::ledger::TestLedger;
use crate::rules::rules;
use crate::{lane, on_each_database, payers};

/// What a server lets a packet wait for (delayed acknowledgement) when Nagle's algorithm holds the next back.
const STALL: Duration = Duration::from_millis(40);

/// What 256 bookings may take: they are some 60 statements, and one in ten would stall as soon as they were a
/// little larger.
const QUICK: Duration = Duration::from_millis(6 * 40);

/// A busy machine is given so many tries; stalls come every time.
const TRIES: usize = 12;

on_each_database! {
    async fn a_full_batch_is_written_without_a_stall(ledger: &TestLedger) {
        let mut tries = Vec::new();
        while tries.last().is_none_or(|took| *took >= QUICK) {
            assert!(tries.len() < TRIES, "256 bookings take {tries:?} to write");
            let first = 256 * tries.len();
            tries.push(write_batch(ledger, first).await);
        }
    }
}

async fn write_batch(ledger: &TestLedger, first: usize) -> Duration {
    let submissions: Vec<Submission> =
        (first..first + 256).map(|number| lane::submission(Command::Book(payers::number(number)))).collect();
    let mut transaction = ledger.store.begin().await.unwrap();
    let (_, changes) = lane::decide(transaction.as_mut(), &rules(), &submissions).await;
    let started = Instant::now();
    transaction.write(&changes).await.unwrap();
    let took = started.elapsed();
    transaction.commit().await.unwrap();
    took
}

/// Says so when the limit of statements (`src/store/chunk.rs`) is no longer needed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn large_statements_tell_whether_they_stall() {
    let Some(ledger) = TestLedger::on_mysql().await else {
        return;
    };
    lane::book_one(&ledger, payers::number(1)).await;
    let outsider = ledger.outsider().await;
    let mut stalls = 0;
    for rows in [64, 72, 80, 96, 112, 128] {
        insert(&outsider, rows).await;
        stalls += u32::from(insert(&outsider, rows).await >= STALL);
    }
    if stalls == 0 {
        eprintln!("no statement stalled: sqlx may set TCP_NODELAY again, see src/store/chunk.rs");
    }
}

/// How long one statement with so many rows of about 450 bytes takes.
async fn insert(connection: &DatabaseConnection, rows: i64) -> Duration {
    let payment = hermes_repository::entity::payments::Entity::find().one(connection).await;
    let payment_id = payment.unwrap().unwrap().id;
    let row = |number| outbox::ActiveModel {
        seq: Set(1_000 + number),
        batch_token: Set(payment_id),
        event_type: Set("payment.booked".to_owned()),
        payment_id: Set(payment_id),
        payload: Set("x".repeat(400)),
        created_at: Set(lane::noon()),
    };
    let transaction = connection.begin().await.unwrap();
    let insert = outbox::Entity::insert_many((0..rows).map(row));
    let started = Instant::now();
    insert.exec_without_returning(&transaction).await.unwrap();
    let took = started.elapsed();
    transaction.rollback().await.unwrap();
    took
}
