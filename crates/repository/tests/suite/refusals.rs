//! Rows that the database does not take.

use hermes_domain::ledger::{AuditEntry, Changes, Command, IdempotencyRecord, Submission};
use hermes_domain::payment::Payment;
use hermes_domain::ports::{LedgerStore, PaymentReader, StoreError};
use sea_orm::DbBackend;

use crate::ledger::TestLedger;
use crate::rules::rules;
use crate::{lane, on_each_database, payers};

on_each_database! {
    async fn a_row_that_breaks_a_condition_of_the_table_is_rejected(ledger: &TestLedger) {
        let rejected = reject(ledger, |changes| {
            let mut facts = changes.booked[0].clone().into_fields();
            facts.version = 0;
            changes.booked[0] = Payment::new(facts).unwrap();
        })
        .await;
        assert!(rejected.contains("payments_version_positive"), "{rejected}");
    }

    async fn a_reference_that_is_taken_is_named_as_a_head_that_is_behind(ledger: &TestLedger) {
        let taken = lane::book_one(ledger, payers::number(1)).await.reference;
        let said = head_is_behind(ledger, |changes| {
            let mut facts = changes.booked[0].clone().into_fields();
            facts.reference = taken;
            changes.booked[0] = Payment::new(facts).unwrap();
        })
        .await;
        assert!(said.contains("reference") && !said.contains("REF001"), "{said}");
    }

    async fn an_audit_number_that_is_taken_is_named_as_a_head_that_is_behind(ledger: &TestLedger) {
        lane::book_one(ledger, payers::number(1)).await;
        head_is_behind(ledger, |changes| {
            changes.audit = vec![AuditEntry { seq: 1, ..changes.audit[0].clone() }];
        })
        .await;
    }

    async fn an_event_number_that_is_taken_is_named_as_a_head_that_is_behind(ledger: &TestLedger) {
        lane::book_one(ledger, payers::number(1)).await;
        head_is_behind(ledger, |changes| changes.events[0].seq = 1).await;
    }

    async fn an_identifier_that_is_taken_is_worth_another_try(ledger: &TestLedger) {
        let taken = lane::book_one(ledger, payers::number(1)).await.id;
        let error = refuse(ledger, |changes| {
            let mut facts = changes.booked[0].clone().into_fields();
            facts.id = taken;
            changes.booked[0] = Payment::new(facts).unwrap();
        })
        .await;
        assert!(matches!(error, StoreError::Transient(_)), "{error:?}");
    }

    async fn a_key_that_is_taken_is_worth_another_try(ledger: &TestLedger) {
        lane::carry_out(ledger, &[claiming()]).await;
        let record = record(ledger).await;
        let error = refuse(ledger, |changes| changes.idempotency.push(record.clone())).await;
        assert!(matches!(error, StoreError::Transient(_)), "{error:?}");
    }

    /// As when somebody restores a table while the portal runs. SQLite lets nobody write meanwhile.
    async fn a_key_that_came_in_behind_the_locks_back_is_replayed_by_the_next_try(ledger: &TestLedger) {
        if ledger.database.backend() == DbBackend::Sqlite {
            return;
        }
        let first = lane::carry_out(ledger, &[claiming()]).await.remove(0).unwrap();
        ledger.tamper("CREATE TABLE kept AS SELECT * FROM idempotency_keys").await;
        ledger.tamper("DELETE FROM idempotency_keys").await;
        let mut transaction = ledger.store.begin().await.unwrap();
        let (_, changes) = lane::decide(transaction.as_mut(), &rules(), &[claiming()]).await;
        ledger.tamper("INSERT INTO idempotency_keys SELECT * FROM kept").await;

        let error = transaction.write(&changes).await.unwrap_err();
        transaction.rollback().await;
        assert!(matches!(error, StoreError::Transient(_)), "{error:?}");
        let next = lane::carry_out(ledger, &[claiming()]).await.remove(0).unwrap();
        assert!(next.replayed);
        assert_eq!(next.payment.id, first.payment.id);
    }

    async fn a_text_that_is_too_long_is_rejected_by_servers(ledger: &TestLedger) {
        if ledger.database.backend() == DbBackend::Sqlite {
            return;
        }
        let rejected = reject(ledger, |changes| {
            let mut facts = changes.booked[0].clone().into_fields();
            facts.details.name = "x".repeat(201);
            changes.booked[0] = Payment::new(facts).unwrap();
        })
        .await;
        assert!(rejected.contains("name"), "{rejected}");
    }

    async fn the_reading_pool_cannot_write(ledger: &TestLedger) {
        use sea_orm::ConnectionTrait;
        let reading = ledger.database.reader_pool();
        let refused = reading.execute_unprepared("UPDATE ledger_head SET seq = 9").await;
        assert!(refused.is_err(), "the reading pool writes");
        assert_eq!(ledger.reader.head().await.unwrap().seq, 0);
    }
}

/// A booking with a key, the same on each call.
fn claiming() -> Submission {
    lane::with_claim(Command::Book(payers::number(1)), 7, 7)
}

/// Writes a spoilt batch, sees it refused, and sees that the next one goes through.
async fn refuse(ledger: &TestLedger, spoil: impl FnOnce(&mut Changes)) -> StoreError {
    let booking = lane::submission(Command::Book(payers::number(8)));
    let mut transaction = ledger.store.begin().await.unwrap();
    let (_, mut changes) = lane::decide(transaction.as_mut(), &rules(), &[booking]).await;
    spoil(&mut changes);
    let error = transaction.write(&changes).await.unwrap_err();
    transaction.rollback().await;
    lane::book_one(ledger, payers::number(9)).await;
    error
}

/// The same for a row that no batch can have: what is said of it.
async fn reject(ledger: &TestLedger, spoil: impl FnOnce(&mut Changes)) -> String {
    match refuse(ledger, spoil).await {
        StoreError::Rejected(message) => message,
        other => panic!("not rejected: {other:?}"),
    }
}

/// The same for a number that the head gives and that is taken.
async fn head_is_behind(ledger: &TestLedger, spoil: impl FnOnce(&mut Changes)) -> String {
    match refuse(ledger, spoil).await {
        StoreError::Unavailable(message) if message.contains("the ledger's head is behind its rows") => {
            message
        }
        other => panic!("not a head that is behind: {other:?}"),
    }
}

async fn record(ledger: &TestLedger) -> IdempotencyRecord {
    let mut transaction = ledger.store.begin().await.unwrap();
    let mut found = transaction.find_idempotency(&[[7; 32]]).await.unwrap();
    transaction.rollback().await;
    found.remove(0)
}
