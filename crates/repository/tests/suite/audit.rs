//! The audit log.

use hermes_domain::ledger::{ChainWalk, Command};
use hermes_domain::ports::{LedgerStore, PaymentReader};

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
        let mut walk = ChainWalk::default();
        for row in &rows {
            walk.step(row).unwrap();
        }
        walk.finish(head.audit_seq, head.audit_hash).unwrap();
        let own = ledger.reader.audit_of(payment.id).await.unwrap();
        assert_eq!(own, [rows[0].clone(), rows[2].clone()]);
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

    async fn a_changed_row_breaks_the_chain(ledger: &TestLedger) {
        lane::book(ledger, (0..3).map(payers::number).collect()).await;
        ledger.tamper("DROP TRIGGER audit_log_no_update").await;
        ledger.tamper("UPDATE audit_log SET actor = 'nobody' WHERE seq = 2").await;
        let rows = ledger.reader.audit_after(0, 10).await.unwrap();
        let mut walk = ChainWalk::default();
        walk.step(&rows[0]).unwrap();
        assert_eq!(walk.step(&rows[1]).unwrap_err().seq, 2);
    }
}
