//! The audit log.

use hermes_domain::ledger::{
    ChainBreak, ChainError, ChainVerifier, Command, LedgerHead, verify_against_audit,
};
use hermes_domain::ports::{LedgerStore, PaymentReader, StoreError};
use hermes_repository::AuditedPayment;

use crate::ledger::TestLedger;
use crate::rules::rules;
use crate::{batches, bookings, on_each_database, updates};

on_each_database! {
    async fn audit_rows_are_read_unchanged_and_the_chain_is_intact(ledger: &TestLedger) {
        let booking = |booking| batches::submission(Command::Book(booking));
        let submissions = [booking(bookings::with_everything()), booking(bookings::number(1))];
        let mut transaction = ledger.store.begin().await.unwrap();
        let (_, changes) = batches::decide(transaction.as_mut(), &rules(), &submissions).await;
        transaction.write(&changes).await.unwrap();
        transaction.commit().await.unwrap();
        let payment = changes.booked[0].clone();

        assert_eq!(ledger.reader.audit_after(0, 10).await.unwrap(), changes.audit);

        batches::execute(ledger, &[updates::cancellation(&payment)]).await;
        let rows = ledger.reader.audit_after(0, 10).await.unwrap();
        let head = ledger.reader.head().await.unwrap();
        let mut chain = ChainVerifier::default();
        for row in &rows {
            chain.verify_next(row).unwrap();
        }
        chain.finish(head.audit_seq, head.audit_hash).unwrap();
        let own = ledger.reader.audit_of(payment.id, 0, 10).await.unwrap();
        assert_eq!(own, [rows[0].clone(), rows[2].clone()]);
        assert_eq!(ledger.reader.audit_of(payment.id, 0, 1).await.unwrap(), [rows[0].clone()]);
        assert_eq!(ledger.reader.audit_of(payment.id, 1, 10).await.unwrap(), [rows[2].clone()]);
    }

    async fn audit_rows_are_read_in_pages(ledger: &TestLedger) {
        batches::book(ledger, (0..5).map(bookings::number).collect()).await;
        let numbers = async |seq, limit| -> Vec<i64> {
            let page = ledger.reader.audit_after(seq, limit).await.unwrap();
            page.iter().map(|row| row.seq).collect()
        };
        assert_eq!(numbers(0, 2).await, [1, 2]);
        assert_eq!(numbers(2, 2).await, [3, 4]);
        assert_eq!(numbers(4, 2).await, [5]);
        assert!(numbers(5, 2).await.is_empty());
    }

    async fn each_payment_comes_with_its_last_audit_row(ledger: &TestLedger) {
        let booked = batches::book(ledger, (0..3).map(bookings::number).collect()).await;
        batches::execute(ledger, &[updates::cancellation(&booked[1])]).await;
        ledger.tamper("UPDATE payments SET status = 'EXACT' WHERE reference = 'REF003'").await;

        let audited = ledger.reader.audited_after(None).await.unwrap();
        let payment = |reference: &str| audited.iter().find(|audited| audited.reference == reference).unwrap();
        let seq = |reference: &str| payment(reference).last.as_ref().map(|row| row.seq);
        assert_eq!(audited.len(), 3);
        assert_eq!([seq("REF001"), seq("REF002"), seq("REF003")], [Some(1), Some(4), Some(3)]);
        for reference in ["REF001", "REF002"] {
            let AuditedPayment { payment, last, .. } = payment(reference);
            verify_against_audit(payment.as_ref().unwrap(), last.as_ref()).unwrap();
        }
        assert!(payment("REF003").payment.is_err());
        let end = audited.last().unwrap().id;
        assert!(ledger.reader.audited_after(Some(end)).await.unwrap().is_empty());
    }

    async fn the_bounds_of_the_log_are_read_with_the_head(ledger: &TestLedger) {
        let bounds = ledger.reader.audit_bounds().await.unwrap();
        assert_eq!((bounds.first_seq, bounds.last_seq, bounds.head.audit_seq), (None, None, 0));
        batches::book(ledger, (0..3).map(bookings::number).collect()).await;
        let bounds = ledger.reader.audit_bounds().await.unwrap();
        assert_eq!((bounds.first_seq, bounds.last_seq, bounds.head.audit_seq), (Some(1), Some(3), 3));
    }

    async fn verification_stops_at_the_given_row_and_continues_there(ledger: &TestLedger) {
        let head = book(ledger, 5).await;
        let verify = async |chain, last| ledger.reader.verify_chain_chunk(chain, last).await.unwrap().unwrap();

        let first = verify(ChainVerifier::default(), 3).await;
        assert_eq!(first.last_seq(), 3);
        let complete = verify(first, i64::MAX).await;
        complete.finish(head.audit_seq, head.audit_hash).unwrap();
        assert_eq!(verify(complete, i64::MAX).await.last_seq(), 5);
    }

    async fn a_changed_row_breaks_the_chain(ledger: &TestLedger) {
        book(ledger, 3).await;
        ledger.tamper("DROP TRIGGER audit_log_no_update").await;
        ledger.tamper("UPDATE audit_log SET actor = 'forger' WHERE seq = 2").await;

        let found = ledger.reader.verify_chain_chunk(ChainVerifier::default(), 3).await.unwrap();
        assert_eq!(found.unwrap_err(), ChainBreak { seq: 2, error: ChainError::Changed });
        assert_eq!(ledger.reader.verify_chain_chunk(ChainVerifier::default(), 1).await.unwrap().unwrap().last_seq(), 1);
    }
}

/// On SQLite only: a column of a server holds no value of another type.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unreadable_audit_row_is_reported_with_its_number_and_column() {
    let ledger = TestLedger::on_sqlite().await;
    book(&ledger, 3).await;
    ledger.tamper("DROP TRIGGER audit_log_no_update").await;
    // Columns are decoded from the first to the last, and the length of the hash is checked at the end.
    for (column, value) in [("hash", "X'00'"), ("created_at", "'noon'"), ("actor", "X'FF'")] {
        ledger.tamper(&format!("UPDATE audit_log SET {column} = {value} WHERE seq = 2")).await;
        let error = ledger.reader.verify_chain_chunk(ChainVerifier::default(), 3).await.unwrap_err();
        let StoreError::Corrupt(message) = error else { panic!("{error:?}") };
        assert!(message.starts_with("audit row 2: ") && message.contains(column), "{message}");
    }
}

/// Books payments and returns the new head.
async fn book(ledger: &TestLedger, count: usize) -> LedgerHead {
    batches::book(ledger, (0..count).map(bookings::number).collect()).await;
    ledger.reader.head().await.unwrap()
}
