//! One bad command never fails its neighbours.

use hermes_domain::ports::StoreError;
use hermes_service::writer::SubmitError;

use crate::support::{Answer, Fault, Queued, Step, TestLane, answers, booking, claimed, email};

/// Eight bookings in one batch; the fourth may be bad.
const PAYERS: [&str; 8] = ["b", "c", "d", "bad", "e", "f", "g", "h"];

#[tokio::test(start_paused = true)]
async fn a_row_that_the_database_refuses_fails_alone() {
    let lane = TestLane::start();
    lane.store.refuse_email(email("bad"));
    let queued = lane.queue_one_batch(PAYERS.map(booking).into()).await;
    assert_only_the_bad_one_failed(&lane, queued).await;
}

#[tokio::test(start_paused = true)]
async fn a_key_whose_stored_answer_cannot_be_read_fails_alone() {
    let lane = TestLane::start();
    lane.store.corrupt_claim([9; 32]);
    let submissions = PAYERS.map(|payer| match payer {
        "bad" => claimed(booking(payer), 9),
        _ => claimed(booking(payer), payer.as_bytes()[0]),
    });
    let queued = lane.queue_one_batch(submissions.into()).await;
    assert_only_the_bad_one_failed(&lane, queued).await;
}

#[tokio::test(start_paused = true)]
async fn a_statement_that_fails_for_an_unknown_reason_is_tried_with_half_of_the_batch() {
    let lane = TestLane::start();
    lane.store.fail(Step::Write, Fault::Error(StoreError::Internal("error 1366".to_owned())));
    let queued = vec![lane.queue(booking("b")).await, lane.queue(booking("c")).await];
    for answer in answers(queued).await {
        answer.unwrap();
    }
    assert_eq!(lane.store.figures().commits, [1, 1]);
}

#[tokio::test(start_paused = true)]
async fn a_decision_that_panics_fails_nobody_else() {
    let lane = TestLane::start();
    let queued = lane.queue_one_batch(PAYERS.map(booking).into()).await;
    // Each booking takes two random numbers, the batch one: the panic is in the middle of the batch.
    lane.random_source.panic_after(3 + 8);
    for answer in answers(queued).await {
        answer.unwrap();
    }
    let figures = lane.store.figures();
    assert_eq!((figures.commits, figures.abandoned), (vec![1, 4, 4], 0));
}

#[tokio::test(start_paused = true)]
async fn a_lone_command_whose_decision_panics_is_an_internal_fault_and_leaves_no_trace() {
    let lane = TestLane::start();
    lane.random_source.panic_after(1);
    let answer = lane.submit(booking("ana")).await;
    assert!(matches!(answer, Err(SubmitError::Internal)), "{answer:?}");
    assert_eq!(lane.store.rows().head.seq, 0);
    assert_eq!(lane.book("ben").await.outcome.payment.reference.number(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_fault_that_no_command_can_cause_is_not_looked_for_in_each_of_them() {
    for step in [Step::Begin, Step::LockHead] {
        let lane = TestLane::start();
        let occupied = lane.occupy().await;
        let mut queued = Vec::new();
        for payer in PAYERS {
            queued.push(lane.queue(booking(payer)).await);
        }
        lane.store.fail(step, Fault::Error(StoreError::Corrupt("the head is missing".to_owned())));
        lane.store.commit_gate().open();
        occupied.answer().await.unwrap();
        for answer in answers(queued).await {
            assert!(matches!(answer, Err(SubmitError::Internal)), "{step:?}: {answer:?}");
        }
        assert_eq!(lane.store.figures().begun, 2, "{step:?}");
    }
}

async fn assert_only_the_bad_one_failed(lane: &TestLane, queued: Vec<Queued>) {
    let answers = answers(queued).await;
    for (payer, answer) in PAYERS.into_iter().zip(&answers) {
        match payer {
            "bad" => assert!(matches!(answer, Err(SubmitError::Internal)), "{answer:?}"),
            _ => assert_eq!(email_of(answer), email(payer)),
        }
    }
    let references: Vec<i64> =
        answers.iter().flatten().map(|done| done.outcome.payment.reference.number()).collect();
    assert_eq!(references, [2, 3, 4, 5, 6, 7, 8]);
    assert_eq!(lane.store.figures().abandoned, 0);
}

fn email_of(answer: &Answer) -> &str {
    &answer.as_ref().unwrap().outcome.payment.details.email
}
