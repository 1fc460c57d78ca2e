//! One answer is one snapshot.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hermes_domain::ports::{Page, PaymentFilter, PaymentReader};
use hermes_repository::SqlPaymentReader;
use hermes_repository::entity::{ledger_head, payments};
use sea_orm::{ConnectionTrait, EntityTrait, PaginatorTrait, TransactionTrait};

use crate::ledger::TestLedger;
use crate::{lane, on_each_database, payers};

on_each_database! {
    /// The statements of a list by hand, on a session of the reading pool, with a commit between them.
    async fn a_commit_between_head_and_rows_is_not_seen(ledger: &TestLedger) {
        lane::book(ledger, vec![payers::number(1)]).await;
        let snapshot = ledger.database.reader_pool().begin().await.unwrap();
        let head = head(&snapshot).await;

        lane::book(ledger, vec![payers::number(2)]).await;

        assert_eq!(payments::Entity::find().count(&snapshot).await.unwrap(), 1);
        assert_eq!(self::head(&snapshot).await, head);
        snapshot.commit().await.unwrap();
        assert_eq!(self::head(ledger.database.reader_pool()).await, head + 1);
    }

    /// Each batch books one payment, so every answer must have as many payments as its head says.
    async fn head_rows_and_sums_of_one_answer_agree_while_batches_commit(ledger: &TestLedger) {
        let done = Arc::new(AtomicBool::new(false));
        let reader = tokio::spawn(read_until(ledger.reader.clone(), Arc::clone(&done)));
        for number in 0..40 {
            lane::book_one(ledger, payers::number(number)).await;
        }
        done.store(true, Ordering::Relaxed);
        let heads = reader.await.unwrap();
        assert!(heads.iter().max() > heads.iter().min(), "nothing was read between two batches");
    }
}

async fn head<C: ConnectionTrait>(connection: &C) -> i64 {
    let row = ledger_head::Entity::find_by_id(1).one(connection).await.unwrap();
    row.unwrap().seq
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
