//! Idempotency records.

use hermes_domain::ledger::{Command, Effect, Subject, Submission};
use hermes_domain::ports::{IdempotencyStore, LedgerStore, PaymentReader};

use crate::ledger::TestLedger;
use crate::{batches, bookings, on_each_database};

on_each_database! {
    async fn a_replayed_key_returns_the_first_booking(ledger: &TestLedger) {
        let booking = batches::with_claim(Command::Book(bookings::with_everything()), 7, 1);
        let first = batches::execute(ledger, std::slice::from_ref(&booking)).await.remove(0).unwrap();

        let second = batches::execute(ledger, &[booking]).await.remove(0).unwrap();

        assert!(second.replayed && !first.replayed);
        assert_eq!(second.effect, Effect::Booked);
        assert_eq!(second.payment, first.payment);
    }

    async fn old_records_are_deleted_up_to_a_limit(ledger: &TestLedger) {
        let bookings = claims(3);
        let booked = batches::execute(ledger, &bookings).await.remove(0).unwrap().payment.created_at;
        let later = booked + chrono::TimeDelta::seconds(1);

        assert_eq!(ledger.store.purge_idempotency(booked, 10).await.unwrap(), 0);
        assert_eq!(ledger.store.purge_idempotency(later, 2).await.unwrap(), 2);
        assert_eq!(ledger.store.purge_idempotency(later, 2).await.unwrap(), 1);

        let again = batches::execute(ledger, &bookings[..1]).await.remove(0).unwrap();
        assert!(!again.replayed, "a deleted key was replayed");
    }

    async fn any_number_of_records_is_found_by_scope(ledger: &TestLedger) {
        batches::execute(ledger, &claims(5)).await;

        let mut transaction = ledger.store.begin().await.unwrap();
        let wanted: Vec<_> = [1, 200, 3, 4, 250].map(|scope| [scope; 32]).to_vec();
        let mut found: Vec<_> = transaction
            .find_idempotency(&wanted)
            .await
            .unwrap()
            .iter()
            .map(|record| (record.claim.scope_hash[0], record.claim.fingerprint[0]))
            .collect();
        found.sort_unstable();
        assert_eq!(found, [(1, 9), (3, 9), (4, 9)]);
        assert!(transaction.find_idempotency(&[]).await.unwrap().is_empty());
        transaction.rollback().await;
    }

    async fn the_reader_finds_the_record_of_one_scope(ledger: &TestLedger) {
        let booked = batches::execute(ledger, &claims(2)).await.remove(1).unwrap().payment;
        let found = ledger.reader.find_idempotency(&[1; 32]).await.unwrap().unwrap();
        assert_eq!((found.claim.fingerprint, found.subject()), ([9; 32], Subject::Payment(booked.id)));
        assert_eq!(ledger.reader.find_idempotency(&[2; 32]).await.unwrap(), None);
    }
}

/// Bookings with the scopes 0, 1, 2 and so on.
fn claims(count: u8) -> Vec<Submission> {
    (0..count)
        .map(|scope| batches::with_claim(Command::Book(bookings::number(scope.into())), scope, 9))
        .collect()
}
