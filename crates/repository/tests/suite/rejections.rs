//! Rows that the database rejects.

use hermes_domain::ledger::{AuditEntry, Changes, Command, IdempotencyRecord, Submission};
use hermes_domain::payment::{Payment, PaymentFields};
use hermes_domain::ports::{LedgerStore, PaymentReader, StoreError};

use crate::ledger::TestLedger;
use crate::rules::rules;
use crate::{batches, bookings, on_each_database, on_each_server};

on_each_database! {
    async fn a_row_that_violates_a_check_constraint_is_rejected(ledger: &TestLedger) {
        let message = rejection(ledger, |fields| fields.version = 0).await;
        assert!(message.contains("payments_version_positive"), "{message}");
    }

    async fn an_existing_sequence_number_is_reported_as_a_head_that_is_behind(ledger: &TestLedger) {
        let existing = batches::book_one(ledger, bookings::number(1)).await.reference;
        let reference = head_is_behind(ledger, |changes| {
            change_first(changes, |fields| fields.reference = existing);
        });
        let message = reference.await;
        assert!(message.contains("reference") && !message.contains("REF001"), "{message}");
        head_is_behind(ledger, |changes| {
            changes.audit = vec![AuditEntry { seq: 1, ..changes.audit[0].clone() }];
        })
        .await;
        head_is_behind(ledger, |changes| changes.events[0].seq = 1).await;
    }

    async fn an_existing_random_key_is_transient(ledger: &TestLedger) {
        let existing = batches::execute(ledger, &[claiming()]).await.remove(0).unwrap().payment.id;
        let record = record(ledger).await;
        let id = write_error(ledger, |changes| change_first(changes, |fields| fields.id = existing)).await;
        let key = write_error(ledger, |changes| changes.idempotency.push(record)).await;
        for error in [id, key] {
            assert!(matches!(error, StoreError::Transient(_)), "{error:?}");
        }
    }

    async fn the_reader_pool_cannot_write(ledger: &TestLedger) {
        use sea_orm::ConnectionTrait;
        let readers = ledger.database.reader_pool();
        readers.execute_unprepared("UPDATE ledger_head SET seq = 9").await.unwrap_err();
        assert_eq!(ledger.reader.head().await.unwrap().seq, 0);
    }
}

on_each_server! {
    /// As when an operator restores a table while Hermes runs. SQLite blocks other writers meanwhile.
    async fn a_key_that_appears_despite_the_lock_is_replayed_by_the_retry(ledger: &TestLedger) {
        let first = batches::execute(ledger, &[claiming()]).await.remove(0).unwrap();
        ledger.tamper("CREATE TABLE backup AS SELECT * FROM idempotency_keys").await;
        ledger.tamper("DELETE FROM idempotency_keys").await;
        let mut transaction = ledger.store.begin().await.unwrap();
        let (_, changes) = batches::decide(transaction.as_mut(), &rules(), &[claiming()]).await;
        ledger.tamper("INSERT INTO idempotency_keys SELECT * FROM backup").await;

        let error = transaction.write(&changes).await.unwrap_err();
        transaction.rollback().await;
        assert!(matches!(error, StoreError::Transient(_)), "{error:?}");
        let retry = batches::execute(ledger, &[claiming()]).await.remove(0).unwrap();
        assert!(retry.replayed);
        assert_eq!(retry.payment.id, first.payment.id);
    }

    async fn a_text_that_is_too_long_is_rejected(ledger: &TestLedger) {
        let message = rejection(ledger, |fields| fields.details.name = "x".repeat(201)).await;
        assert!(message.contains("name"), "{message}");
    }
}

/// A booking with the same idempotency key on each call.
fn claiming() -> Submission {
    batches::with_claim(Command::Book(bookings::number(1)), 7, 7)
}

fn change_first(changes: &mut Changes, change: impl FnOnce(&mut PaymentFields)) {
    let mut fields = changes.booked[0].clone().into_fields();
    change(&mut fields);
    changes.booked[0] = Payment::new(fields).unwrap();
}

/// Writes a corrupted batch and returns the error. The next batch must succeed.
async fn write_error(ledger: &TestLedger, corrupt: impl FnOnce(&mut Changes)) -> StoreError {
    let booking = batches::submission(Command::Book(bookings::number(8)));
    let mut transaction = ledger.store.begin().await.unwrap();
    let (_, mut changes) = batches::decide(transaction.as_mut(), &rules(), &[booking]).await;
    corrupt(&mut changes);
    let error = transaction.write(&changes).await.unwrap_err();
    transaction.rollback().await;
    batches::book_one(ledger, bookings::number(9)).await;
    error
}

async fn rejection(ledger: &TestLedger, change: impl FnOnce(&mut PaymentFields)) -> String {
    match write_error(ledger, |changes| change_first(changes, change)).await {
        StoreError::Rejected(message) => message,
        other => panic!("not rejected: {other:?}"),
    }
}

async fn head_is_behind(ledger: &TestLedger, corrupt: impl FnOnce(&mut Changes)) -> String {
    match write_error(ledger, corrupt).await {
        StoreError::Unavailable(message) if message.contains("the ledger head is behind its rows") => message,
        other => panic!("not a head that is behind: {other:?}"),
    }
}

async fn record(ledger: &TestLedger) -> IdempotencyRecord {
    let mut transaction = ledger.store.begin().await.unwrap();
    let mut found = transaction.find_idempotency(&[[7; 32]]).await.unwrap();
    transaction.rollback().await;
    found.remove(0)
}
