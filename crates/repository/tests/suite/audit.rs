//! The audit log.

use hermes_domain::ledger::{
    ChainBreak, ChainError, ChainVerifier, Command, LedgerHead, verify_against_audit,
};
use hermes_domain::ports::{LedgerStore, PaymentReader, StoreError};
use hermes_repository::AuditedPayment;
use sea_orm::DbBackend;

use crate::ledger::TestLedger;
use crate::rules::rules;
use crate::{altering, lane, on_each_database, payers};

on_each_database! {
    async fn audit_rows_come_back_byte_by_byte_and_the_chain_holds(ledger: &TestLedger) {
        let booking = |booking| lane::submission(Command::Book(booking));
        let submissions = [booking(payers::with_everything()), booking(payers::number(1))];
        let mut transaction = ledger.store.begin().await.unwrap();
        let (outcomes, changes) = lane::decide(transaction.as_mut(), &rules(), &submissions).await;
        transaction.write(&changes).await.unwrap();
        transaction.commit().await.unwrap();
        let payment = outcomes.into_iter().next().unwrap().unwrap().payment;

        assert_eq!(ledger.reader.audit_after(0, 10).await.unwrap(), changes.audit);

        lane::carry_out(ledger, &[altering::cancellation(&payment)]).await;
        let rows = ledger.reader.audit_after(0, 10).await.unwrap();
        let head = ledger.reader.head().await.unwrap();
        let mut walk = ChainVerifier::default();
        for row in &rows {
            walk.verify_next(row).unwrap();
        }
        walk.finish(head.audit_seq, head.audit_hash).unwrap();
        let own = ledger.reader.audit_of(payment.id, 0, 10).await.unwrap();
        assert_eq!(own, [rows[0].clone(), rows[2].clone()]);
        assert_eq!(ledger.reader.audit_of(payment.id, 0, 1).await.unwrap(), [rows[0].clone()]);
        assert_eq!(ledger.reader.audit_of(payment.id, 1, 10).await.unwrap(), [rows[2].clone()]);
    }

    async fn audit_rows_are_read_in_pages(ledger: &TestLedger) {
        lane::book(ledger, (0..5).map(payers::number).collect()).await;
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
        let booked = lane::book(ledger, (0..3).map(payers::number).collect()).await;
        lane::carry_out(ledger, &[altering::cancellation(&booked[1])]).await;
        ledger.tamper("UPDATE payments SET status = 'EXACT' WHERE reference = 'REF003'").await;

        let audited = ledger.reader.audited_after(None).await.unwrap();
        let of = |reference: &str| audited.iter().find(|audited| audited.reference == reference).unwrap();
        let seq = |reference: &str| of(reference).last.as_ref().map(|row| row.seq);
        assert_eq!(audited.len(), 3);
        assert_eq!([seq("REF001"), seq("REF002"), seq("REF003")], [Some(1), Some(4), Some(3)]);
        for reference in ["REF001", "REF002"] {
            let AuditedPayment { payment, last, .. } = of(reference);
            verify_against_audit(payment.as_ref().unwrap(), last.as_ref()).unwrap();
        }
        assert!(of("REF003").payment.is_err());
        let end = audited.last().unwrap().id;
        assert!(ledger.reader.audited_after(Some(end)).await.unwrap().is_empty());
    }

    async fn the_ends_of_the_log_are_read_with_the_head(ledger: &TestLedger) {
        let bounds = ledger.reader.audit_bounds().await.unwrap();
        assert_eq!((bounds.first_seq, bounds.last_seq, bounds.head.audit_seq), (None, None, 0));
        lane::book(ledger, (0..3).map(payers::number).collect()).await;
        let bounds = ledger.reader.audit_bounds().await.unwrap();
        assert_eq!((bounds.first_seq, bounds.last_seq, bounds.head.audit_seq), (Some(1), Some(3), 3));
    }

    async fn a_walk_goes_as_far_as_it_is_told_and_on_from_there(ledger: &TestLedger) {
        let head = book(ledger, 5).await;
        let walk = async |chain, last| ledger.reader.verify_chain_chunk(chain, last).await.unwrap().unwrap();

        let first = walk(ChainVerifier::default(), 3).await;
        assert_eq!(first.last_seq(), 3);
        let whole = walk(first, i64::MAX).await;
        whole.finish(head.audit_seq, head.audit_hash).unwrap();
        assert_eq!(walk(whole, i64::MAX).await.last_seq(), 5);
    }

    async fn a_changed_row_breaks_the_chain(ledger: &TestLedger) {
        book(ledger, 3).await;
        ledger.tamper("DROP TRIGGER audit_log_no_update").await;
        ledger.tamper("UPDATE audit_log SET actor = 'nobody' WHERE seq = 2").await;

        let found = ledger.reader.verify_chain_chunk(ChainVerifier::default(), 3).await.unwrap();
        assert_eq!(found.unwrap_err(), ChainBreak { seq: 2, error: ChainError::Changed });
        assert_eq!(ledger.reader.verify_chain_chunk(ChainVerifier::default(), 1).await.unwrap().unwrap().last_seq(), 1);
    }

    async fn a_missing_row_breaks_the_chain(ledger: &TestLedger) {
        book(ledger, 3).await;
        ledger.tamper("DROP TRIGGER audit_log_no_delete").await;
        ledger.tamper("DELETE FROM audit_log WHERE seq = 2").await;

        let found = ledger.reader.verify_chain_chunk(ChainVerifier::default(), 3).await.unwrap();
        assert_eq!(found.unwrap_err(), ChainBreak { seq: 2, error: ChainError::Missing });
    }

    /// In the order from the last column to the first, which is named. What the columns of servers take can be read.
    async fn a_row_that_cannot_be_read_is_named_with_its_column(ledger: &TestLedger) {
        if ledger.database.backend() != DbBackend::Sqlite {
            return;
        }
        book(ledger, 3).await;
        ledger.tamper("DROP TRIGGER audit_log_no_update").await;
        for (column, value) in [("hash", "X'00'"), ("created_at", "'noon'"), ("actor", "X'FF'")] {
            ledger.tamper(&format!("UPDATE audit_log SET {column} = {value} WHERE seq = 2")).await;
            let error = ledger.reader.verify_chain_chunk(ChainVerifier::default(), 3).await.unwrap_err();
            let StoreError::Corrupt(named) = error else { panic!("{error:?}") };
            assert_eq!(named, format!("audit row 2: {column}"));
        }
    }
}

/// Books payments, and gives the head they leave behind.
async fn book(ledger: &TestLedger, count: usize) -> LedgerHead {
    lane::book(ledger, (0..count).map(payers::number).collect()).await;
    ledger.reader.head().await.unwrap()
}
