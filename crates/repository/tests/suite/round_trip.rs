//! Stored payments are read unchanged. Corrupt rows are tested on SQLite only, because the mapping is the same everywhere.

use chrono::{DateTime, Utc};
use hermes_domain::payment::{Payment, PaymentKey, Status};
use hermes_domain::ports::{Page, PaymentFilter, PaymentReader};
use hermes_repository::entity::payments;
use sea_orm::{ActiveValue::Set, EntityTrait};

use crate::ledger::TestLedger;
use crate::{batches, bookings, on_each_database};

on_each_database! {
    async fn a_booked_payment_is_read_unchanged(ledger: &TestLedger) {
        let bookings = vec![bookings::from_email("Ana@Example.org"), bookings::with_everything()];
        let booked = batches::book(ledger, bookings).await;
        assert_eq!(booked[1].status(), Status::Pending);
        assert_eq!(booked[1].created_at.timestamp_subsec_micros(), 123_456);

        for payment in &booked {
            for key in [PaymentKey::Id(payment.id), PaymentKey::Reference(payment.reference)] {
                assert_eq!(ledger.reader.find(&key).await.unwrap().as_ref(), Some(payment));
            }
        }
        let list = ledger.reader.list(&PaymentFilter::default(), Page::First, 10).await.unwrap();
        assert_eq!(list.value.payments, [booked[1].clone(), booked[0].clone()]);
    }

    async fn whole_seconds_and_milliseconds_are_read_unchanged(ledger: &TestLedger) {
        let first = batches::book_one(ledger, bookings::number(1)).await;
        for micros in ["000000", "001000", "999999"] {
            let time = format!("2026-11-22T12:00:00.{micros}Z").parse().unwrap();
            assert_eq!(with_created_at(ledger, &first, time).await.created_at, time);
        }
    }

    async fn a_missing_payment_is_none(ledger: &TestLedger) {
        let key = PaymentKey::parse("REF001").unwrap();
        assert_eq!(ledger.reader.find(&key).await.unwrap(), None);
        let list = ledger.reader.list(&PaymentFilter::default(), Page::First, 10).await.unwrap();
        assert!(list.value.payments.is_empty() && !list.value.has_next && !list.value.has_prev);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_inconsistent_row_is_reported_without_payer_data() {
    let ledger = TestLedger::on_sqlite().await;
    let payment = batches::book_one(&ledger, bookings::from_email("secret@example.org")).await;
    for (change, column) in [
        ("payments SET status = 'EXACT'", "status"),
        ("payments SET validation_status = 'FLAGGED'", "validation_status"),
        ("payments SET currency_from = 'XXX'", "currency_from"),
        (
            "payments SET fee_amount = fee_amount + 1, final_amount = final_amount + 1, amount_received = 7",
            "status",
        ),
        (
            "validation_results SET check_type = 'NOVELTY' WHERE check_type = 'INVALID_EMAIL'",
            "validation_results",
        ),
    ] {
        ledger.tamper(&format!("UPDATE {change}")).await;
        let found = ledger.reader.find(&PaymentKey::Id(payment.id)).await.unwrap_err();
        let listed = ledger.reader.list(&PaymentFilter::default(), Page::First, 10).await.unwrap_err();
        for error in [found.to_string(), listed.to_string()] {
            assert!(error.ends_with(&format!(": payment REF001: {column}")), "{change}: {error}");
        }
        let undo = "UPDATE payments SET status = 'PENDING', validation_status = 'PASSED', currency_from = 'USD', \
                    fee_amount = 2500, final_amount = 52500, amount_received = 0";
        ledger.tamper(undo).await;
    }
}

/// Only SQLite stores a value of another type than its column.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_value_of_another_type_is_reported_with_its_column() {
    let ledger = TestLedger::on_sqlite().await;
    let payment = batches::book_one(&ledger, bookings::number(1)).await;
    for (change, row) in [
        ("validation_results SET check_message = x'ff'", "checks of payment"),
        ("payments SET version = 'many'", "payment"),
    ] {
        ledger.tamper(&format!("UPDATE {change}")).await;
        let error = ledger.reader.list(&PaymentFilter::default(), Page::First, 10).await.unwrap_err();
        let column = change.split(' ').nth(2).unwrap();
        assert!(error.to_string().ends_with(&format!(": {row} {}: {column}", payment.id)), "{error}");
    }
}

/// Changes the time of a payment and reads the payment again.
async fn with_created_at(ledger: &TestLedger, payment: &Payment, created_at: DateTime<Utc>) -> Payment {
    let change = payments::ActiveModel { created_at: Set(created_at), ..Default::default() };
    let outsider = ledger.outsider().await;
    payments::Entity::update_many().set(change).exec(&outsider).await.unwrap();
    ledger.reader.find(&PaymentKey::Id(payment.id)).await.unwrap().unwrap()
}
