//! Finding the latest live payment of the same payer.

use std::collections::HashMap;

use chrono::TimeDelta;
use hermes_domain::money::Money;
use hermes_domain::payment::{DuplicateKey, NewBooking, Payment, PaymentId, Reference};
use hermes_domain::ports::LedgerStore;

use crate::ledger::TestLedger;
use crate::{batches, bookings, on_each_database, updates};

on_each_database! {
    async fn the_latest_live_payment_is_found_without_regard_to_case(ledger: &TestLedger) {
        let booked = batches::book(
            ledger,
            ["Ana@example.org", "ANA@EXAMPLE.ORG", "bo@example.org"].map(bookings::from_email).to_vec(),
        )
        .await;
        assert_eq!(find(ledger, &[key("ana@example.org")]).await[0], Some(booked[1].reference));
        assert_eq!(
            find(ledger, &[key("bo@example.org"), key("eve@example.org")]).await,
            [Some(booked[2].reference), None]
        );
    }

    async fn similar_addresses_are_different_payers(ledger: &TestLedger) {
        batches::book(ledger, ["josé@example.org", "strasse@example.org"].map(bookings::from_email).to_vec()).await;
        let similar = ["jose@example.org", "straße@example.org", "josé@example.or", "josé@example.org2"];
        assert_eq!(find(ledger, &similar.map(key)).await, [None; 4]);
        assert!(find(ledger, &[key("josé@example.org")]).await[0].is_some());
    }

    async fn cancelled_payments_and_the_excluded_payment_do_not_count(ledger: &TestLedger) {
        let booked = batches::book(ledger, vec![bookings::number(1), bookings::number(1)]).await;
        let mut own = key("payer1@example.org");
        own.exclude_id = booked[1].id;
        assert_eq!(find(ledger, &[own.clone()]).await, [Some(booked[0].reference)]);
        batches::execute(ledger, &[updates::cancellation(&booked[0])]).await;
        assert_eq!(find(ledger, &[own, key("payer1@example.org")]).await, [None, Some(booked[1].reference)]);
    }

    async fn a_window_includes_its_first_microsecond(ledger: &TestLedger) {
        let booked = batches::book_one(ledger, bookings::number(1)).await;
        let from = |micros| DuplicateKey {
            created_from: Some(booked.created_at + TimeDelta::microseconds(micros)),
            ..key("payer1@example.org")
        };
        let found = find(ledger, &[from(-1), from(0), from(1)]).await;
        assert_eq!(found, [Some(booked.reference), Some(booked.reference), None]);
    }

    async fn every_field_of_the_rule_must_match_exactly(ledger: &TestLedger) {
        let mut booking = bookings::number(1);
        booking.details.school = Some("Genève".to_owned());
        booking.details.student_id = Some("aB1".to_owned());
        let full = batches::book_one(ledger, booking).await;
        let bare = batches::book_one(ledger, bookings::number(1)).await;
        let key_of_full = full_key(&full);
        let found = Some(full.reference);
        for (key, expected) in [
            (key_of_full.clone(), found),
            (DuplicateKey { amount_minor: Some(50_001), ..key_of_full.clone() }, None),
            (DuplicateKey { currency_from: Some("EUR"), ..key_of_full.clone() }, None),
            (DuplicateKey { school: Some("GENEVE".to_owned()), ..key_of_full.clone() }, None),
            (DuplicateKey { school: Some("genève".to_owned()), ..key_of_full.clone() }, None),
            (DuplicateKey { student_id: Some("AB1".to_owned()), ..key_of_full.clone() }, None),
            (DuplicateKey { student_id: Some("aB1 ".to_owned()), ..key_of_full.clone() }, None),
            (full_key(&bare), Some(bare.reference)),
        ] {
            let label = format!("{key:?}");
            assert_eq!(find(ledger, &[key]).await, [expected], "{label}");
        }
    }

    async fn each_field_alone_can_be_the_rule(ledger: &TestLedger) {
        let booked = batches::book_one(ledger, bookings::with_everything()).await;
        let full = full_key(&booked);
        let bare = key(&full.email_key);
        let keys = [
            DuplicateKey { amount_minor: full.amount_minor, ..bare.clone() },
            DuplicateKey { currency_from: full.currency_from, ..bare.clone() },
            DuplicateKey { school: full.school.clone(), ..bare.clone() },
            DuplicateKey { student_id: full.student_id.clone(), ..bare.clone() },
            DuplicateKey { created_from: full.created_from, ..bare.clone() },
            bare.clone(),
        ];
        assert_eq!(find(ledger, &keys).await, [Some(booked.reference); 6]);
    }

    async fn any_number_of_payers_is_searched_at_once(ledger: &TestLedger) {
        let bookings: Vec<NewBooking> = (0..100).map(bookings::number).collect();
        let booked = batches::book(ledger, bookings).await;
        let keys: Vec<DuplicateKey> =
            (0..600).map(|number| key(&format!("payer{number}@example.org"))).collect();
        for count in [0, 1, 2, 3, 100, 255, 256, 257, 600] {
            let found = find(ledger, &keys[..count]).await;
            let expected: Vec<_> =
                (0..count).map(|index| booked.get(index).map(|payment| payment.reference)).collect();
            assert_eq!(found, expected, "{count}");
        }
    }
}

fn key(email_key: &str) -> DuplicateKey {
    DuplicateKey {
        email_key: email_key.to_owned(),
        amount_minor: None,
        currency_from: None,
        school: None,
        student_id: None,
        created_from: None,
        exclude_id: PaymentId::NIL,
    }
}

/// A key with every field of a payment.
fn full_key(payment: &Payment) -> DuplicateKey {
    let text = |text: &Option<String>| Some(text.clone().unwrap_or_default());
    DuplicateKey {
        amount_minor: Some(Money::minor(payment.amount)),
        currency_from: Some(payment.amount.currency().code()),
        school: text(&payment.details.school),
        student_id: text(&payment.details.student_id),
        created_from: Some(payment.created_at),
        ..key(&payment.details.email_key())
    }
}

async fn find(ledger: &TestLedger, keys: &[DuplicateKey]) -> Vec<Option<Reference>> {
    let mut transaction = ledger.store.begin().await.unwrap();
    let found: HashMap<DuplicateKey, Reference> = transaction.find_duplicates(keys).await.unwrap();
    transaction.rollback().await;
    keys.iter().map(|key| found.get(key).copied()).collect()
}
