//! The number of statements of a batch: one INSERT per table and 64 bookings.

use hermes_domain::ledger::{Command, Erasure, ErasureScope, Submission};
use hermes_domain::payment::PaymentKey;
use hermes_domain::ports::PaymentReader;

use crate::ledger::TestLedger;
use crate::recorder::{self, Recorder};
use crate::{batches, bookings};

/// Four reads (head, idempotency keys, duplicates, totals) and two writes (totals, head).
const FIXED: usize = 6;

/// `payments`, `validation_results`, `audit_log`, `outbox` and `idempotency_keys`.
const TABLES: usize = 5;

/// A local recorder receives only what its own thread records, so one thread runs the whole test.
#[tokio::test]
async fn each_table_takes_one_statement_per_64_bookings() {
    let databases =
        [Some(TestLedger::on_sqlite().await), TestLedger::on_mariadb().await, TestLedger::on_mysql().await];
    for ledger in databases.into_iter().flatten() {
        for (first, count, inserts) in [(0, 1, 1), (1, 64, 1), (65, 65, 2), (130, 255, 4), (385, 256, 4)] {
            let submissions: Vec<Submission> = (first..first + count).map(with_key).collect();
            let recorder = Recorder::default();
            let _recorder = metrics::set_default_local_recorder(&recorder);
            assert!(batches::execute(&ledger, &submissions).await.iter().all(Result::is_ok));
            let statements = recorder.count(recorder::STATEMENTS_OF_WRITER);
            assert_eq!(statements, FIXED + inserts * TABLES, "{count}");
        }
    }
}

/// The audit rows that one UPDATE of an erasure changes.
const ERASED_ROWS: i64 = 256;

#[tokio::test]
async fn an_erasure_takes_one_update_per_256_audit_rows() {
    let databases =
        [Some(TestLedger::on_sqlite().await), TestLedger::on_mariadb().await, TestLedger::on_mysql().await];
    for ledger in databases.into_iter().flatten() {
        let mut counts = Vec::new();
        for (number, rows) in (0..).zip([1, ERASED_ROWS, ERASED_ROWS + 1]) {
            let payment = batches::book_one(&ledger, bookings::number(number)).await;
            let target = PaymentKey::Id(payment.id);
            for _ in 1..rows {
                let renewal = batches::submission(Command::RenewPageLink(target.clone()));
                batches::execute(&ledger, &[renewal]).await.remove(0).unwrap();
            }
            let erasure = Command::Erase(Erasure::new(target, ErasureScope::Payment));
            let recorder = Recorder::default();
            let _recorder = metrics::set_default_local_recorder(&recorder);
            batches::execute(&ledger, &[batches::submission(erasure)]).await.remove(0).unwrap();
            counts.push(recorder.count(recorder::STATEMENTS_OF_WRITER));
            let erased = ledger.reader.audit_of(payment.id, 0, 1_000).await.unwrap();
            assert_eq!(erased.iter().filter(|row| row.is_erased()).count(), usize::try_from(rows).unwrap());
        }
        let [one, full, more] = counts.try_into().unwrap();
        assert_eq!((full, more), (one, one + 1));
    }
}

fn with_key(number: usize) -> Submission {
    let mut submission = batches::with_claim(Command::Book(bookings::number(number)), 0, 0);
    let claim = submission.idempotency.as_mut().unwrap();
    claim.scope_hash[..8].copy_from_slice(&number.to_be_bytes());
    submission
}
