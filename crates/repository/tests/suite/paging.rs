//! Pages by place.

use hermes_domain::payment::Payment;
use hermes_domain::ports::{ListPage, Page, PaymentFilter, PaymentReader, Position, reader_limits};

use crate::ledger::TestLedger;
use crate::{lane, on_each_database, payers};

/// More than any list of these tests has.
const MANY: usize = 100;

on_each_database! {
    async fn pages_meet_without_gap_or_overlap_in_both_directions(ledger: &TestLedger) {
        // All of one batch have the same time.
        let mut newest_first = Vec::new();
        for batch in [3, 1, 7] {
            newest_first.extend(lane::book(ledger, (0..batch).map(payers::number).collect()).await);
        }
        newest_first.reverse();
        for limit in [1, 2, 3, 4, 10, 11, 12] {
            let older = forwards(ledger, limit).await;
            assert_eq!(older, newest_first, "{limit} forwards");
            let newer = backwards(ledger, &newest_first, limit).await;
            assert_eq!(newer, newest_first[..newest_first.len() - 1], "{limit} backwards");
        }
    }

    async fn a_page_knows_what_is_beyond_it(ledger: &TestLedger) {
        let booked = lane::book(ledger, (0..4).map(payers::number).collect()).await;
        let at = |place: usize| Position::from(&booked[place]);
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

    async fn what_is_beyond_a_page_fulfils_the_filter_too(ledger: &TestLedger) {
        let booked = lane::book(ledger, [1, 2, 1].map(payers::number).to_vec()).await;
        let filter =
            PaymentFilter { email: Some("payer2@example.org".to_owned()), ..PaymentFilter::default() };
        let after = Page::After(Position::from(&booked[2]));
        let page = ledger.reader.list(&filter, after, 5).await.unwrap().value;
        assert_eq!((page.payments.len(), page.has_prev, page.has_next), (1, false, false));
    }

    async fn a_page_has_at_least_one_row_and_at_most_its_limit(ledger: &TestLedger) {
        lane::book(ledger, (0..3).map(payers::number).collect()).await;
        assert_eq!(read(ledger, Page::First, 0).await.payments.len(), 1);
        assert_eq!(read(ledger, Page::First, u64::MAX).await.payments.len(), 3);
    }
}

/// The limit itself, on one database: it takes a while to book so many.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_page_is_longer_than_the_limit_of_all() {
    let ledger = TestLedger::on_sqlite().await;
    let max = usize::try_from(reader_limits::PAGE_MAX).unwrap();
    lane::book(&ledger, (0..=max).map(payers::number).collect()).await;
    let page = read(&ledger, Page::First, u64::MAX).await;
    assert_eq!((page.payments.len(), page.has_next), (max, true));
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

/// All that is newer than the oldest payment, newest first.
async fn backwards(ledger: &TestLedger, newest_first: &[Payment], limit: u64) -> Vec<Payment> {
    let mut place = Position::from(newest_first.last().unwrap());
    let mut seen = Vec::new();
    loop {
        let page = read(ledger, Page::Before(place), limit).await;
        let Some(newest) = page.payments.first() else {
            return seen;
        };
        place = Position::from(newest);
        assert!(seen.len() < MANY, "the list has no start");
        seen.splice(0..0, page.payments.clone());
        if !page.has_prev {
            return seen;
        }
    }
}
