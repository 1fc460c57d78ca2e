//! Transient faults are not seen by callers; lasting ones leave no trace.

use hermes_domain::ports::StoreError;
use hermes_service::writer::SubmitError;

use crate::support::{Fault, Step, TestLane, booking, claimed, correction};

/// The steps of a correction under a key, when another instance wrote last: every one that there is before the answer.
const STEPS: [Step; 8] = [
    Step::Begin,
    Step::LockHead,
    Step::FindIdempotency,
    Step::FindPayments,
    Step::FindDuplicates,
    Step::FindTotals,
    Step::Write,
    Step::Commit,
];

/// How often a batch is tried again.
const RETRIES_MAX: usize = 5;

fn transient() -> Fault {
    Fault::Error(StoreError::Transient("deadlock".to_owned()))
}

#[tokio::test(start_paused = true)]
async fn a_transient_fault_at_any_step_is_retried_invisibly() {
    for step in STEPS {
        let lane = TestLane::start();
        lane.book("ana").await;
        lane.store.written_elsewhere(|_| {});
        lane.store.fail_times(RETRIES_MAX, step, &transient());
        let corrected = lane.submit(claimed(correction(1), 7)).await.unwrap();
        assert_eq!(corrected.outcome.payment.version, 2, "{step:?}");
        let figures = lane.store.figures();
        assert_eq!((figures.commits, figures.begun), (vec![1, 1], 2 + RETRIES_MAX), "{step:?}");
        assert_eq!(figures.abandoned, 0, "{step:?}: a transaction was neither committed nor rolled back");
        assert_eq!(lane.commits.newest(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn too_many_transient_faults_are_unavailable_and_nothing_is_written() {
    for step in STEPS {
        let lane = TestLane::start();
        lane.book("ana").await;
        lane.store.written_elsewhere(|_| {});
        lane.store.fail_times(RETRIES_MAX + 1, step, &transient());
        let answer = lane.submit(claimed(correction(1), 7)).await;
        assert!(matches!(answer, Err(SubmitError::Unavailable)), "{step:?}: {answer:?}");
        let rows = lane.store.rows();
        assert_eq!((rows.head.seq, rows.idempotency.len(), rows.payments[0].version), (1, 0, 1), "{step:?}");
        assert_eq!(lane.store.figures().abandoned, 0, "{step:?}");
        lane.until_it_takes_writes().await;
        lane.book("ben").await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_database_that_takes_nothing_is_not_asked_twice() {
    for step in STEPS {
        let lane = TestLane::start();
        lane.book("ana").await;
        lane.store.written_elsewhere(|_| {});
        lane.store.fail(step, Fault::Error(StoreError::Unavailable("read-only".to_owned())));
        let answer = lane.submit(claimed(correction(1), 7)).await;
        assert!(matches!(answer, Err(SubmitError::Unavailable)), "{step:?}: {answer:?}");
        let figures = lane.store.figures();
        assert_eq!((figures.begun, figures.abandoned), (2, 0), "{step:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_retried_batch_keeps_its_order_and_its_neighbours() {
    let lane = TestLane::start();
    lane.store.fail(Step::Write, transient());
    let queued =
        [lane.queue(booking("b")).await, lane.queue(booking("c")).await, lane.queue(booking("d")).await];
    let mut references = Vec::new();
    for one in queued {
        references.push(one.reference().await);
    }
    assert_eq!(references, [1, 2, 3]);
    assert_eq!((lane.store.figures().begun, lane.store.figures().commits), (2, vec![3]));
}
