//! The clocks of the process and of the database differ.

use std::time::Duration;

use chrono::TimeDelta;
use hermes_domain::ledger::ClockAgreement;
use hermes_service::writer::SubmitError;
use hermes_test_support::{NOON, capture_logs, take_logs};
use tokio::time::advance;

use crate::support::{WriterHarness, booking, settle};

/// Starts a writer whose database has another time. The time of the process is noon.
fn start_with_database_time(difference: TimeDelta) -> WriterHarness {
    let writer = WriterHarness::start();
    writer.store.edit(|ledger| ledger.clock = NOON + difference);
    writer
}

#[tokio::test(start_paused = true)]
async fn clocks_that_differ_are_reported_once_and_changes_are_accepted() {
    for minutes in [-59, -5, 5, 59] {
        capture_logs();
        let writer = start_with_database_time(TimeDelta::minutes(minutes));
        writer.book("ana").await;
        writer.book("ben").await;
        assert_eq!(writer.ledger.clock_agreement(), ClockAgreement::Differ);
        let reported = take_logs()
            .into_iter()
            .filter(|(_, line)| line.contains("the clock of the database: synchronise"));
        assert_eq!(reported.count(), 1);
        let latest = writer.store.ledger().head.advanced_at;
        assert!(latest <= NOON + TimeDelta::seconds(6), "dated in the future: {latest}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_change_is_rejected_while_the_clocks_are_unusable_and_accepted_once_they_agree() {
    for difference in [TimeDelta::hours(1), TimeDelta::days(-400)] {
        let writer = start_with_database_time(difference);
        for _ in 0..2 {
            assert!(matches!(writer.submit(booking("ana")).await, Err(SubmitError::ClockWrong)));
        }
        assert_eq!(writer.store.ledger().head.seq, 0);
        assert_eq!(writer.ledger.clock_agreement(), ClockAgreement::Unusable);
        assert!(!writer.ledger.is_accepting_writes());

        writer.store.edit(|ledger| ledger.clock = NOON);
        advance(Duration::from_secs(1)).await;
        settle().await;
        writer.accepts_writes().await;
        assert_eq!(writer.book("ana").await.outcome.payment.created_at, NOON);
        assert_eq!(writer.ledger.clock_agreement(), ClockAgreement::Agree);
        assert_eq!(writer.store.stats().abandoned, 0);
    }
}
