//! Rows that the database does not take.

use hermes_domain::ledger::{AuditEntry, Changes, IdempotencyRecord};
use hermes_domain::payment::Payment;
use hermes_domain::ports::{LedgerStore, PaymentReader, StoreError};
use sea_orm::DbBackend;

use crate::ledger::TestLedger;
use crate::rules::rules;
use crate::{lane, on_each_database, payers};

on_each_database! {
    async fn a_row_that_breaks_a_condition_of_the_table_is_rejected(ledger: &TestLedger) {
        let rejected = refuse(ledger, |changes| {
            let mut facts = changes.booked[0].clone().into_facts();
            facts.version = 0;
            changes.booked[0] = Payment::new(facts).unwrap();
        })
        .await;
        assert!(rejected.contains("payments_version_positive"), "{rejected}");
    }

    async fn a_reference_that_is_taken_is_rejected(ledger: &TestLedger) {
        let taken = lane::book_one(ledger, payers::number(1)).await.reference;
        let rejected = refuse(ledger, |changes| {
            let mut facts = changes.booked[0].clone().into_facts();
            facts.reference = taken;
            changes.booked[0] = Payment::new(facts).unwrap();
        })
        .await;
        assert!(rejected.contains("reference"), "{rejected}");
        assert!(!rejected.contains("REF001"), "{rejected}");
    }

    async fn a_key_that_is_taken_is_rejected(ledger: &TestLedger) {
        let booking = || lane::with_claim(hermes_domain::ledger::Command::Book(payers::number(1)), 7, 7);
        lane::carry_out(ledger, &[booking()]).await;
        let record = record(ledger).await;
        refuse(ledger, |changes| changes.idempotency.push(record.clone())).await;
    }

    async fn an_audit_number_that_is_taken_is_rejected(ledger: &TestLedger) {
        lane::book_one(ledger, payers::number(1)).await;
        refuse(ledger, |changes| changes.audit = vec![AuditEntry { seq: 1, ..changes.audit[0].clone() }])
            .await;
    }

    async fn a_text_that_is_too_long_is_rejected_by_servers(ledger: &TestLedger) {
        if ledger.database.backend() == DbBackend::Sqlite {
            return;
        }
        let rejected = refuse(ledger, |changes| {
            let mut facts = changes.booked[0].clone().into_facts();
            facts.details.name = "x".repeat(201);
            changes.booked[0] = Payment::new(facts).unwrap();
        })
        .await;
        assert!(rejected.contains("name"), "{rejected}");
    }

    async fn the_reading_pool_cannot_write(ledger: &TestLedger) {
        use sea_orm::ConnectionTrait;
        let reading = ledger.database.reading();
        let refused = reading.execute_unprepared("UPDATE ledger_head SET seq = 9").await;
        assert!(refused.is_err(), "the reading pool writes");
        assert_eq!(ledger.reader.head().await.unwrap().seq, 0);
    }
}

/// Writes a spoilt batch, sees it rejected, and sees that the next one goes through.
async fn refuse(ledger: &TestLedger, spoil: impl FnOnce(&mut Changes)) -> String {
    let booking = lane::submission(hermes_domain::ledger::Command::Book(payers::number(8)));
    let mut transaction = ledger.store.begin().await.unwrap();
    let (_, mut changes) = lane::decide(transaction.as_mut(), &rules(), &[booking]).await;
    spoil(&mut changes);
    let error = transaction.write(&changes).await.unwrap_err();
    transaction.rollback().await;
    lane::book_one(ledger, payers::number(9)).await;
    match error {
        StoreError::Rejected(message) => message,
        other => panic!("not rejected: {other:?}"),
    }
}

async fn record(ledger: &TestLedger) -> IdempotencyRecord {
    let mut transaction = ledger.store.begin().await.unwrap();
    let mut found = transaction.find_idempotency(&[[7; 32]]).await.unwrap();
    transaction.rollback().await;
    found.remove(0)
}
