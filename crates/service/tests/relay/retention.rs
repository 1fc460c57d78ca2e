//! How long events are retained.

use std::sync::Arc;

use chrono::TimeDelta;
use hermes_domain::ports::RelayLease;
use hermes_service::clock_monitor::ClockMonitor;
use hermes_service::outbox::{Retention, run_retention};

use hermes_test_support::{FixedClock, NOON, capture_logs, take_logs};

use crate::outbox::FakeOutbox;

const RETENTION: TimeDelta = TimeDelta::days(7);

/// Runs one retention pass at a time after the first event. Returns the numbers that are left.
async fn left_after(outbox: &Arc<FakeOutbox>, time: TimeDelta, published: bool) -> Vec<i64> {
    let stream: Arc<dyn RelayLease> = outbox.clone();
    let followers = published.then_some(stream).into_iter().collect();
    left_with(followers, TimeDelta::zero(), outbox, time).await
}

/// As [`left_after`], with the stream and the mail queue, and a difference between the clock of the database and that of
/// the process.
async fn left_with(
    followers: Vec<Arc<dyn RelayLease>>,
    ahead: TimeDelta,
    outbox: &Arc<FakeOutbox>,
    time: TimeDelta,
) -> Vec<i64> {
    let task = tokio::spawn(run_retention(Retention {
        outbox: outbox.clone(),
        events: outbox.clone(),
        followers,
        database: Arc::new(FixedClock(NOON + time)),
        clocks: Arc::new(ClockMonitor::new(Arc::new(FixedClock(NOON + time - ahead)))),
        max_age: RETENTION,
    }));
    // The first pass runs at once, the next one in ten minutes.
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    task.abort();
    outbox.positions().iter().map(|position| position.seq).collect()
}

/// Returns the time at which the fifth event has an age.
fn when_fifth_has(age: TimeDelta) -> TimeDelta {
    age + TimeDelta::seconds(5)
}

#[tokio::test(start_paused = true)]
async fn without_a_stream_events_are_deleted_after_the_retention_period() {
    let outbox = Arc::new(FakeOutbox::default());
    outbox.commit(600);
    assert_eq!(left_after(&outbox, when_fifth_has(RETENTION), false).await, (5..=600).collect::<Vec<_>>());
    assert_eq!(left_after(&outbox, RETENTION * 2, false).await, [600], "the last position stays known");
}

#[tokio::test(start_paused = true)]
async fn no_event_is_deleted_while_the_clocks_are_unusable() {
    let outbox = Arc::new(FakeOutbox::default());
    outbox.commit(600);
    for (ahead, left) in [(TimeDelta::hours(1), 600), (TimeDelta::minutes(59), 1)] {
        let events = left_with(Vec::new(), ahead, &outbox, RETENTION * 2).await;
        assert_eq!(events.len(), left, "{ahead}");
    }
}

#[tokio::test(start_paused = true)]
async fn unpublished_events_and_the_last_published_one_are_retained() {
    let outbox = Arc::new(FakeOutbox::default());
    outbox.commit(600);
    outbox.set_published(3);
    assert_eq!(left_after(&outbox, RETENTION * 2, true).await, (3..=600).collect::<Vec<_>>());
    outbox.set_published(600);
    assert_eq!(left_after(&outbox, RETENTION * 2, true).await, [600]);
}

#[tokio::test(start_paused = true)]
async fn events_that_are_not_queued_for_mail_are_retained_for_at_most_four_weeks() {
    let outbox = Arc::new(FakeOutbox::default());
    outbox.commit(600);
    outbox.set_published(600);
    let mail_queue = Arc::new(FakeOutbox::default());
    let left = async |time| {
        let followers: Vec<Arc<dyn RelayLease>> = vec![outbox.clone(), mail_queue.clone()];
        left_with(followers, TimeDelta::zero(), &outbox, time).await
    };
    mail_queue.set_published(-1);
    assert_eq!(left(RETENTION * 2).await.len(), 600, "mail is configured and has not begun");
    mail_queue.set_published(3);
    assert_eq!(left(RETENTION * 2).await, (3..=600).collect::<Vec<_>>());
    assert_eq!(left(RETENTION * 5).await, [600]);
}

#[tokio::test(start_paused = true)]
async fn unpublished_events_are_deleted_after_four_retention_periods() {
    capture_logs();
    let outbox = Arc::new(FakeOutbox::default());
    outbox.commit(600);
    assert_eq!(left_after(&outbox, when_fifth_has(RETENTION * 4), true).await, (5..=600).collect::<Vec<_>>());
    let reported = take_logs()
        .into_iter()
        .filter(|(_, line)| line.contains("4 events were deleted that were not published"));
    assert_eq!(reported.count(), 1);
}
