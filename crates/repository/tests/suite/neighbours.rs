//! The checks of a list, which are read as one range: each payment has its own, whatever else lies in the range.

use chrono::{DateTime, Utc};
use hermes_domain::payment::{Payment, PaymentKey};
use hermes_domain::ports::{Page, PaymentFilter, PaymentReader};
use hermes_repository::entity::{payments, validation_results};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use crate::ledger::TestLedger;
use crate::{lane, on_each_database, payers};

on_each_database! {
    async fn payments_far_apart_have_their_checks(ledger: &TestLedger) {
        let booked = lane::book(ledger, (0..8).map(payers::number).collect()).await;
        // By time the first and the last of eight are neighbours, by identifier they are not.
        date(ledger, &booked[0], "2030-01-02T00:00:00Z").await;
        date(ledger, &booked[7], "2030-01-01T00:00:00Z").await;
        assert_eq!(newest_two(ledger).await, found(ledger, [&booked[0], &booked[7]]).await);
    }

    async fn a_stranger_between_two_payments_keeps_its_checks(ledger: &TestLedger) {
        let booked = lane::book(ledger, (0..3).map(payers::number).collect()).await;
        date(ledger, &booked[0], "2030-01-02T00:00:00Z").await;
        date(ledger, &booked[2], "2030-01-01T00:00:00Z").await;
        // Without the first one's checks, three have no more rows than two may have.
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

/// The payments as each is found alone.
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
