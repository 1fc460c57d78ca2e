//! The sums are read again when, and only when, they may have changed.

use crate::support::{Fault, Step, TestLane, booking};

#[tokio::test(start_paused = true)]
async fn while_nobody_else_writes_they_are_not_read_again() {
    let lane = TestLane::start();
    lane.book("ana").await;
    lane.store.fail(Step::FindTotals, Fault::Panic);
    lane.book("ben").await;
    let totals: Vec<i64> = lane.store.rows().totals.values().map(|totals| totals.payments).collect();
    assert_eq!(totals, [2]);
}

#[tokio::test(start_paused = true)]
async fn what_another_instance_wrote_is_counted() {
    let lane = TestLane::start();
    lane.book("ana").await;
    lane.store.written_elsewhere(|rows| rows.totals.values_mut().for_each(|totals| totals.payments = 40));
    lane.book("ben").await;
    lane.book("cleo").await;
    let totals: Vec<i64> = lane.store.rows().totals.values().map(|totals| totals.payments).collect();
    assert_eq!(totals, [42]);
}

#[tokio::test(start_paused = true)]
async fn what_was_not_committed_is_not_counted() {
    let lane = TestLane::start();
    lane.book("ana").await;
    lane.store.fail(Step::Commit, Fault::Panic);
    lane.submit(booking("lost")).await.unwrap_err();
    lane.book("ben").await;
    let totals: Vec<i64> = lane.store.rows().totals.values().map(|totals| totals.payments).collect();
    assert_eq!(totals, [2]);
}
