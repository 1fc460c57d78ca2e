//! Totals are read again only if another instance may have changed them.

use hermes_test_support::{StoreFault, StoreStep};

use crate::support::{WriterHarness, booking, write_elsewhere};

fn payments_in_totals(writer: &WriterHarness) -> i64 {
    writer.store.ledger().totals.values().map(|totals| totals.payments).sum()
}

#[tokio::test(start_paused = true)]
async fn totals_are_not_read_again_while_the_head_is_unchanged() {
    let writer = WriterHarness::start();
    writer.book("ana").await;
    writer.store.fail(StoreStep::FindTotals, StoreFault::Panic);
    writer.book("ben").await;
    assert_eq!(payments_in_totals(&writer), 2);
}

#[tokio::test(start_paused = true)]
async fn totals_include_the_writes_of_another_instance() {
    let writer = WriterHarness::start();
    writer.book("ana").await;
    writer.store.edit(|ledger| {
        write_elsewhere(ledger);
        ledger.totals.values_mut().for_each(|totals| totals.payments = 40);
    });
    writer.book("ben").await;
    writer.book("cleo").await;
    assert_eq!(payments_in_totals(&writer), 42);
}

#[tokio::test(start_paused = true)]
async fn totals_exclude_a_batch_that_was_not_committed() {
    let writer = WriterHarness::start();
    writer.book("ana").await;
    writer.store.fail(StoreStep::Commit, StoreFault::Panic);
    writer.submit(booking("lost")).await.unwrap_err();
    writer.book("ben").await;
    assert_eq!(payments_in_totals(&writer), 2);
}
