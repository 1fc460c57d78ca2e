//! The checks of a list are read as one range of ids. Other payments in the range must not change the result.

use chrono::{DateTime, Utc};
use hermes_domain::payment::{Payment, PaymentKey};
use hermes_domain::ports::{Page, PaymentFilter, PaymentReader};
use hermes_repository::entity::{payments, validation_results};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use crate::ledger::TestLedger;
use crate::{batches, bookings, on_each_database};

on_each_database! {
    async fn payments_with_distant_ids_have_their_checks(ledger: &TestLedger) {
        let booked = batches::book(ledger, (0..8).map(bookings::number).collect()).await;
        // The first and the last of eight payments become the newest two. Their ids are far apart.
        date(ledger, &booked[0], "2030-01-02T00:00:00Z").await;
        date(ledger, &booked[7], "2030-01-01T00:00:00Z").await;
        assert_eq!(newest_two(ledger).await, found(ledger, [&booked[0], &booked[7]]).await);
    }

    async fn another_payment_between_two_does_not_lend_its_checks(ledger: &TestLedger) {
        let booked = batches::book(ledger, (0..3).map(bookings::number).collect()).await;
        date(ledger, &booked[0], "2030-01-02T00:00:00Z").await;
        date(ledger, &booked[2], "2030-01-01T00:00:00Z").await;
        // Without the checks of the first payment, the range has no more rows than two payments can have.
        let outsider = ledger.outsider().await;
        let of_first = validation_results::Column::PaymentId.eq(booked[0].id.0);
        validation_results::Entity::delete_many().filter(of_first).exec(&outsider).await.unwrap();
        let newest = newest_two(ledger).await;
        assert_eq!(newest.iter().map(|payment| payment.checks.len()).collect::<Vec<_>>(), [0, 4]);
        assert_eq!(newest, found(ledger, [&booked[0], &booked[2]]).await);
    }
}

async fn newest_two(ledger: &TestLedger) -> Vec<Payment> {
    ledger.reader.list(&PaymentFilter::default(), Page::First, 2).await.unwrap().value.payments
}

/// Reads each payment separately.
async fn found(ledger: &TestLedger, payments: [&Payment; 2]) -> Vec<Payment> {
    let mut found = Vec::new();
    for payment in payments {
        found.extend(ledger.reader.find(&PaymentKey::Id(payment.id)).await.unwrap());
    }
    found
}

async fn date(ledger: &TestLedger, payment: &Payment, created_at: &str) {
    let created_at: DateTime<Utc> = created_at.parse().unwrap();
    payments::Entity::update_many()
        .set(payments::ActiveModel { created_at: Set(created_at), ..Default::default() })
        .filter(payments::Column::Id.eq(payment.id.0))
        .exec(&ledger.outsider().await)
        .await
        .unwrap();
}
