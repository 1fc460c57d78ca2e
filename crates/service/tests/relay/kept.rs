//! For how long events are kept.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use hermes_domain::ports::{Clock, RelayLease};
use hermes_service::outbox::{Retention, run_retention};

use crate::logs::{keep_logs, taken_logs};
use crate::outbox::{FakeOutbox, START};

const KEPT: TimeDelta = TimeDelta::days(7);

struct At(DateTime<Utc>);

impl Clock for At {
    fn now(&self) -> DateTime<Utc> {
        self.0
    }
}

/// Looks once for old events, so long after the first one; returns the numbers that are left.
async fn left_after(outbox: &Arc<FakeOutbox>, time: TimeDelta, published: bool) -> Vec<i64> {
    let lease: Arc<dyn RelayLease> = outbox.clone();
    let task = tokio::spawn(run_retention(Retention {
        outbox: outbox.clone(),
        events: outbox.clone(),
        relay: published.then_some(lease),
        clock: Arc::new(At(START + time)),
        max_age: KEPT,
    }));
    // The first look is at once, the next one in ten minutes, which do not pass while there is anything to do.
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    task.abort();
    outbox.marks().iter().map(|mark| mark.seq).collect()
}

/// The fifth event is so old.
fn fifth_is(age: TimeDelta) -> TimeDelta {
    age + TimeDelta::seconds(5)
}

#[tokio::test(start_paused = true)]
async fn without_a_stream_events_are_kept_as_long_as_promised_and_no_longer() {
    let outbox = Arc::new(FakeOutbox::default());
    outbox.commit(600);
    assert_eq!(left_after(&outbox, fifth_is(KEPT), false).await, (5..=600).collect::<Vec<_>>());
    assert_eq!(left_after(&outbox, KEPT * 2, false).await, [600], "the last place stays known");
}

#[tokio::test(start_paused = true)]
async fn what_is_not_published_stays_and_the_last_published_one_too() {
    let outbox = Arc::new(FakeOutbox::default());
    outbox.commit(600);
    outbox.set_published(3);
    assert_eq!(left_after(&outbox, KEPT * 2, true).await, (3..=600).collect::<Vec<_>>());
    outbox.set_published(600);
    assert_eq!(left_after(&outbox, KEPT * 2, true).await, [600]);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_is_never_there_does_not_let_the_outbox_grow_for_ever() {
    keep_logs();
    let outbox = Arc::new(FakeOutbox::default());
    outbox.commit(600);
    assert_eq!(left_after(&outbox, fifth_is(KEPT * 4), true).await, (5..=600).collect::<Vec<_>>());
    let told =
        taken_logs().into_iter().filter(|(_, line)| line.contains("4 unpublished events were deleted"));
    assert_eq!(told.count(), 1);
}
