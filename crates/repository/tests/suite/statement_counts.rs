//! The number of statements of a batch: one INSERT per table and 64 bookings.

use hermes_domain::ledger::{Command, Submission};
use hermes_domain::ports::LedgerStore;
use hermes_repository::{Database, DatabaseSettings, SqlLedgerStore};

use crate::ledger::TestLedger;
use crate::recorder::{self, Recorder};
use crate::rules::rules;
use crate::{batches, bookings, on_each_database};

/// Four reads (head, idempotency keys, duplicates, totals) and two writes (totals, head).
const FIXED: usize = 6;

/// `payments`, `validation_results`, `audit_log`, `outbox` and `idempotency_keys`.
const TABLES: usize = 5;

on_each_database! {
    async fn each_table_takes_one_statement_per_64_bookings(ledger: &TestLedger) {
        for (first, count, inserts) in [(0, 1, 1), (1, 64, 1), (65, 65, 2), (130, 255, 4), (385, 256, 4)] {
            assert_eq!(statements(ledger, first, count).await, FIXED + inserts * TABLES, "{count}");
        }
    }
}

/// Books a batch with idempotency keys and returns the number of its statements.
async fn statements(ledger: &TestLedger, first: usize, count: usize) -> usize {
    let submissions: Vec<Submission> = (first..first + count).map(with_key).collect();
    let recorder = Recorder::default();
    let url = ledger.place.url.clone();
    let local = recorder.clone();
    // A local recorder receives only what its own thread records.
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let _recorder = metrics::set_default_local_recorder(&local);
        runtime.block_on(execute(&url, &submissions));
    })
    .join()
    .unwrap();
    recorder.count(recorder::STATEMENTS_OF_WRITER)
}

fn with_key(number: usize) -> Submission {
    let mut submission = batches::with_claim(Command::Book(bookings::number(number)), 0, 0);
    let claim = submission.idempotency.as_mut().unwrap();
    claim.scope_hash[..8].copy_from_slice(&number.to_be_bytes());
    submission
}

async fn execute(url: &str, submissions: &[Submission]) {
    let database = Database::connect(&DatabaseSettings::new(url)).await.unwrap();
    let mut transaction = SqlLedgerStore::new(&database).begin().await.unwrap();
    let (outcomes, changes) = batches::decide(transaction.as_mut(), &rules(), submissions).await;
    assert!(outcomes.iter().all(Result::is_ok));
    transaction.write(&changes).await.unwrap();
    transaction.commit().await.unwrap();
    database.close().await;
}
