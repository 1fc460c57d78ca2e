//! Idempotency records.

use hermes_domain::ledger::{Command, Effect};
use hermes_domain::ports::{IdempotencyStore, LedgerStore};

use crate::ledger::TestLedger;
use crate::{lane, on_each_database, payers};

on_each_database! {
    async fn a_replayed_key_returns_the_first_booking(ledger: &TestLedger) {
        let booking = lane::with_claim(Command::Book(payers::with_everything()), 7, 1);
        let first = lane::carry_out(ledger, std::slice::from_ref(&booking)).await.remove(0).unwrap();

        let second = lane::carry_out(ledger, &[booking]).await.remove(0).unwrap();

        assert!(second.replayed && !first.replayed);
        assert_eq!(second.effect, Effect::Booked);
        assert_eq!(second.payment.id, first.payment.id);
        // The page token is not part of an answer that is kept.
        let mut facts = first.payment.clone().into_fields();
        facts.page_token = second.payment.page_token;
        assert_eq!(second.payment.into_fields(), facts);
    }

    async fn old_records_are_forgotten_a_few_at_a_time(ledger: &TestLedger) {
        let bookings: Vec<_> =
            (0..3).map(|scope| lane::with_claim(Command::Book(payers::number(scope)), u8::try_from(scope).unwrap(), 9)).collect();
        let booked = lane::carry_out(ledger, &bookings).await.remove(0).unwrap().payment.created_at;
        let later = booked + chrono::TimeDelta::seconds(1);

        assert_eq!(ledger.store.purge_idempotency(booked, 10).await.unwrap(), 0);
        assert_eq!(ledger.store.purge_idempotency(later, 2).await.unwrap(), 2);
        assert_eq!(ledger.store.purge_idempotency(later, 2).await.unwrap(), 1);

        let again = lane::carry_out(ledger, &bookings[..1]).await.remove(0).unwrap();
        assert!(!again.replayed, "a key that was forgotten is a new one");
    }

    async fn records_are_found_by_scope_whatever_their_number(ledger: &TestLedger) {
        let bookings: Vec<_> = (0..5)
            .map(|scope| {
                lane::with_claim(Command::Book(payers::number(scope)), u8::try_from(scope).unwrap(), 9)
            })
            .collect();
        lane::carry_out(ledger, &bookings).await;

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
}
