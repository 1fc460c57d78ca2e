//! Lists: keyset pagination, the checks of each payment, and snapshots.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::{DateTime, Utc};
use hermes_domain::payment::{Payment, PaymentKey};
use hermes_domain::ports::{ListPage, Page, PaymentFilter, PaymentReader, Position, reader_limits};
use hermes_repository::SqlPaymentReader;
use hermes_repository::entity::{payments, validation_results};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use crate::ledger::TestLedger;
use crate::{batches, bookings, on_each_database};

/// More than the payments of any list here.
const MANY: usize = 100;

on_each_database! {
    async fn pages_meet_without_gap_or_overlap_in_both_directions(ledger: &TestLedger) {
        // All payments of a batch have the same time.
        let mut newest_first = Vec::new();
        for batch in [3, 1, 7] {
            newest_first.extend(batches::book(ledger, (0..batch).map(bookings::number).collect()).await);
        }
        newest_first.reverse();
        for limit in [1, 2, 3, 4, 10, 11, 12] {
            let older = forwards(ledger, limit).await;
            assert_eq!(older, newest_first, "{limit} forwards");
            let newer = backwards(ledger, &newest_first, limit).await;
            assert_eq!(newer, newest_first[..newest_first.len() - 1], "{limit} backwards");
        }
    }

    async fn a_page_reports_whether_more_payments_exist(ledger: &TestLedger) {
        let booked = batches::book(ledger, (0..4).map(bookings::number).collect()).await;
        let at = |index: usize| Position::from(&booked[index]);
        for (page, limit, has_prev, has_next) in [
            (Page::First, 3, false, true),
            (Page::First, 4, false, false),
            (Page::After(at(3)), 2, true, true),
            (Page::After(at(3)), 3, true, false),
            (Page::After(at(0)), 3, true, false),
            (Page::Before(at(0)), 2, true, true),
            (Page::Before(at(0)), 3, false, true),
            (Page::Before(at(3)), 3, false, true),
        ] {
            let read = read(ledger, page, limit).await;
            assert_eq!((read.has_prev, read.has_next), (has_prev, has_next), "{page:?} {limit}");
        }
    }

    async fn payments_beyond_a_page_must_match_the_filter(ledger: &TestLedger) {
        let booked = batches::book(ledger, [1, 2, 1].map(bookings::number).to_vec()).await;
        let filter =
            PaymentFilter { email: Some("payer2@example.org".to_owned()), ..PaymentFilter::default() };
        let after = Page::After(Position::from(&booked[2]));
        let page = ledger.reader.list(&filter, after, 5).await.unwrap().value;
        assert_eq!((page.payments.len(), page.has_prev, page.has_next), (1, false, false));
    }

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

    /// Each batch books one payment, so the number of payments must equal the sequence number of the head.
    async fn head_payments_and_totals_of_one_read_agree_while_batches_commit(ledger: &TestLedger) {
        let done = Arc::new(AtomicBool::new(false));
        let reader = tokio::spawn(read_until(ledger.reader.clone(), Arc::clone(&done)));
        for number in 0..40 {
            batches::book_one(ledger, bookings::number(number)).await;
        }
        done.store(true, Ordering::Relaxed);
        let heads = reader.await.unwrap();
        assert!(heads.iter().max() > heads.iter().min(), "no read happened between two batches");
    }
}

/// On SQLite only, because booking 1,001 payments takes long.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_has_at_least_one_payment_and_at_most_the_maximum() {
    let ledger = TestLedger::on_sqlite().await;
    let max = usize::try_from(reader_limits::PAGE_MAX).unwrap();
    batches::book(&ledger, (0..=max).map(bookings::number).collect()).await;
    let page = read(&ledger, Page::First, u64::MAX).await;
    assert_eq!((page.payments.len(), page.has_next), (max, true));
    assert_eq!(read(&ledger, Page::First, 0).await.payments.len(), 1);
    assert_eq!(page.payments.iter().map(|payment| payment.checks.len()).sum::<usize>(), 4 * max);
}

async fn read(ledger: &TestLedger, page: Page, limit: u64) -> ListPage {
    let filter = PaymentFilter::default();
    ledger.reader.list(&filter, page, limit).await.unwrap().value
}

async fn forwards(ledger: &TestLedger, limit: u64) -> Vec<Payment> {
    let mut page = read(ledger, Page::First, limit).await;
    let mut seen = page.payments.clone();
    while page.has_next {
        page = read(ledger, Page::After(Position::from(seen.last().unwrap())), limit).await;
        assert!(seen.len() < MANY, "the list has no end");
        seen.extend(page.payments.clone());
    }
    seen
}

/// Reads everything newer than the oldest payment, newest first.
async fn backwards(ledger: &TestLedger, newest_first: &[Payment], limit: u64) -> Vec<Payment> {
    let mut position = Position::from(newest_first.last().unwrap());
    let mut seen = Vec::new();
    loop {
        let page = read(ledger, Page::Before(position), limit).await;
        let Some(newest) = page.payments.first() else {
            return seen;
        };
        position = Position::from(newest);
        assert!(seen.len() < MANY, "the list has no start");
        seen.splice(0..0, page.payments.clone());
        if !page.has_prev {
            return seen;
        }
    }
}

async fn newest_two(ledger: &TestLedger) -> Vec<Payment> {
    read(ledger, Page::First, 2).await.payments
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

async fn read_until(reader: SqlPaymentReader, done: Arc<AtomicBool>) -> Vec<i64> {
    let mut heads = Vec::new();
    while !done.load(Ordering::Relaxed) {
        let list = reader.list(&PaymentFilter::default(), Page::First, 1000).await.unwrap();
        let booked = i64::try_from(list.value.payments.len()).unwrap();
        assert_eq!(booked, list.head.seq);
        let totals = reader.totals().await.unwrap();
        let counted: i64 = totals.value.iter().map(|totals| totals.payments).sum();
        assert_eq!(counted, totals.head.seq);
        heads.push(list.head.seq);
    }
    heads
}
