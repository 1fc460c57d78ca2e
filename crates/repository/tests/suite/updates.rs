//! Corrections and cancellations of existing payments, and the totals.

use hermes_domain::ledger::{Cancellation, Command, Correction, HeldMoney, Submission, Totals};
use hermes_domain::money::Currency;
use hermes_domain::payment::{
    BookingField, CorrectionRequest, Edit, Payment, PaymentKey, Status, ValidationStatus,
};
use hermes_domain::ports::{LedgerStore, PaymentReader, StoreError};

use crate::ledger::TestLedger;
use crate::{batches, bookings, on_each_database};

on_each_database! {
    async fn a_correction_replaces_the_payment_and_its_checks(ledger: &TestLedger) {
        let booked = batches::book(ledger, vec![bookings::number(1), bookings::number(2)]).await;
        let outcome = batches::execute(ledger, &[correction(&booked[0])]).await.remove(0).unwrap();
        let corrected = outcome.payment;

        assert_eq!(corrected.validation_status(), ValidationStatus::Flagged);
        assert_eq!(read(ledger, &corrected).await, corrected);
        assert_eq!(corrected.link_version, booked[0].link_version + 1);
        assert_eq!(read(ledger, &booked[1]).await, booked[1], "another payment was changed");
    }

    async fn a_cancelled_payment_is_read_unchanged(ledger: &TestLedger) {
        let booked = batches::book_one(ledger, bookings::number(1)).await;
        let outcome = batches::execute(ledger, &[cancellation(&booked)]).await.remove(0).unwrap();
        let cancelled = read(ledger, &booked).await;
        assert_eq!(cancelled, outcome.payment);
        assert_eq!(cancelled.status(), Status::Cancelled);
    }

    async fn a_head_that_does_not_follow_the_stored_one_is_rejected(ledger: &TestLedger) {
        let (transaction, changes) = batches::written(ledger, vec![bookings::number(1)]).await;
        transaction.commit().await.unwrap();
        let mut again = changes.clone();
        again.booked.clear();
        again.audit.clear();
        again.events.clear();
        let mut transaction = ledger.store.begin().await.unwrap();
        let error = transaction.write(&again).await.unwrap_err();
        assert!(matches!(error, StoreError::Internal(_)), "{error:?}");
    }

    async fn payments_are_found_by_id_and_by_reference(ledger: &TestLedger) {
        let booked = batches::book(ledger, (0..3).map(bookings::number).collect()).await;
        let keys = [
            PaymentKey::Id(booked[0].id),
            PaymentKey::Reference(booked[1].reference),
            PaymentKey::parse("REF999").unwrap(),
            PaymentKey::Reference(booked[0].reference),
        ];
        let mut transaction = ledger.store.begin().await.unwrap();
        let found = transaction.find_payments(&keys).await.unwrap();
        assert_eq!(found.len(), 3);
        assert_eq!(found[&keys[0]], booked[0]);
        assert_eq!(found[&keys[1]], booked[1]);
        assert_eq!(found[&keys[3]], booked[0]);
        assert!(transaction.find_payments(&[]).await.unwrap().is_empty());
        transaction.rollback().await;
    }

    async fn totals_change_with_every_batch(ledger: &TestLedger) {
        let dollars = batches::book(ledger, vec![bookings::number(1), bookings::number(2)]).await;
        let dinars = batches::book_one(ledger, bookings::with_everything()).await;
        batches::execute(ledger, &[cancellation(&dollars[0])]).await;

        let totals = ledger.reader.totals().await.unwrap();

        assert_eq!(totals.head.seq, 3);
        let expected = [
            Totals::empty(dinars.amount.currency()).after_change(None, &dinars).unwrap(),
            Totals {
                payments: 2,
                passed: 2,
                cancelled: 1,
                outstanding_minor: 52_500,
                ..Totals::empty(Currency::USD)
            },
        ];
        assert_eq!(totals.value, expected);
    }

    async fn only_the_requested_totals_are_loaded(ledger: &TestLedger) {
        batches::book(ledger, vec![bookings::number(1), bookings::with_everything()]).await;
        let mut transaction = ledger.store.begin().await.unwrap();
        let requested = ["JPY", "KWD", "EUR"].map(|code| code.parse::<Currency>().unwrap());
        let found = transaction.find_totals(&requested).await.unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].currency, requested[1]);
        assert!(transaction.find_totals(&[]).await.unwrap().is_empty());
    }
}

pub fn correction(payment: &Payment) -> Submission {
    batches::submission(Command::Correct(Correction {
        target: PaymentKey::Id(payment.id),
        expected_version: Some(1),
        request: CorrectionRequest::from([
            (BookingField::Name, Edit::Set("Ana María 🎓".to_owned())),
            (BookingField::Email, Edit::Set("not an address".to_owned())),
            (BookingField::School, Edit::Set("Escola".to_owned())),
            (BookingField::Amount, Edit::Set("1234.56".to_owned())),
        ]),
        reason: Some("typo".to_owned()),
    }))
}

pub fn cancellation(payment: &Payment) -> Submission {
    batches::submission(Command::Cancel(Cancellation {
        held: HeldMoney::Refund,
        target: PaymentKey::Reference(payment.reference),
        expected_version: None,
        reason: "booked twice".to_owned(),
    }))
}

async fn read(ledger: &TestLedger, payment: &Payment) -> Payment {
    let key = PaymentKey::Id(payment.id);
    ledger.reader.find(&key).await.unwrap().unwrap()
}
