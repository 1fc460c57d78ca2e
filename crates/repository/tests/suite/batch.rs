//! What a full batch takes: as many statements as a lone booking.

use hermes_domain::ledger::{Command, Submission};
use hermes_domain::ports::LedgerStore;

use crate::ledger::TestLedger;
use crate::recorder::{self, Recorder};
use crate::rules::rules;
use crate::{lane, on_each_database, payers};

/// The head, the keys, the duplicates and the sums; five inserts; the sums and the head.
const STATEMENTS: usize = 11;

on_each_database! {
    async fn a_batch_of_256_takes_as_many_statements_as_one_booking(ledger: &TestLedger) {
        for (first, count) in [(0, 1), (1, 256), (257, 1), (258, 256)] {
            assert_eq!(statements_of(ledger, first, count).await, STATEMENTS, "{count}");
        }
    }

    async fn any_number_of_bookings_takes_three_statements_a_table_at_most(ledger: &TestLedger) {
        // 1,020 rows of checks are 512, 448, 56 and 4.
        assert!(statements_of(ledger, 0, 255).await <= STATEMENTS + 4 * 2 + 3);
    }
}

/// Carries a batch of bookings out, each with a key, and tells how many statements that took.
async fn statements_of(ledger: &TestLedger, first: usize, count: usize) -> usize {
    let submissions: Vec<Submission> = (first..first + count).map(keyed).collect();
    let recorder = Recorder::default();
    let place = ledger.place.url.clone();
    let submissions_and_place = (submissions, place);
    // A thread and a runtime of their own: a recorder is heard on its own thread only.
    let heard = recorder.clone();
    std::thread::spawn(move || {
        let (submissions, place) = submissions_and_place;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let _recorder = metrics::set_default_local_recorder(&heard);
        runtime.block_on(carry_out(&place, &submissions));
    })
    .join()
    .unwrap();
    recorder.count(recorder::STATEMENTS_OF_WRITER)
}

fn keyed(number: usize) -> Submission {
    let mut submission = lane::with_claim(Command::Book(payers::number(number)), 0, 0);
    let claim = submission.idempotency.as_mut().unwrap();
    claim.scope_hash[..8].copy_from_slice(&number.to_be_bytes());
    submission
}

async fn carry_out(url: &str, submissions: &[Submission]) {
    let settings = hermes_repository::DatabaseSettings::new(url);
    let database = hermes_repository::Database::connect(&settings).await.unwrap();
    let store = hermes_repository::SqlLedgerStore::new(&database);
    let mut transaction = store.begin().await.unwrap();
    let (outcomes, changes) = lane::decide(transaction.as_mut(), &rules(), submissions).await;
    assert!(outcomes.iter().all(Result::is_ok));
    transaction.write(&changes).await.unwrap();
    transaction.commit().await.unwrap();
    database.close().await;
}
