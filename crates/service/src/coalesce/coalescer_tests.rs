//! FactQueries that are shared.

use std::sync::atomic::AtomicUsize;
use std::task::{Context, Waker};

use tokio::sync::Notify;

use super::*;

/// Answers how many questions were asked so far, when it is let go.
struct Counter {
    asked: AtomicUsize,
    go: Arc<Notify>,
}

#[async_trait]
impl Query for Counter {
    type Answer = usize;

    async fn ask(&self) -> usize {
        let number = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
        self.go.notified().await;
        number
    }
}

#[tokio::test]
async fn those_who_arrive_together_share_the_first_question() {
    let question =
        Arc::new(RequestCoalescer::new(Counter { asked: AtomicUsize::new(0), go: Arc::default() }));
    let asks: Vec<_> = (0..50)
        .map(|_| {
            let question = Arc::clone(&question);
            tokio::spawn(async move { question.ask().await })
        })
        .collect();
    question.shared.source.go.notify_one();
    for ask in asks {
        assert_eq!(ask.await.unwrap(), Some(1));
    }
}

#[tokio::test]
async fn a_question_is_asked_although_whoever_began_it_goes_away() {
    let question =
        Arc::new(RequestCoalescer::new(Counter { asked: AtomicUsize::new(0), go: Arc::default() }));
    let mut began = Box::pin(question.ask());
    assert!(began.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    let mut joined = Box::pin(question.ask());
    assert!(joined.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    drop(began);
    question.shared.source.go.notify_one();
    assert_eq!(joined.await, Some(1));
}

#[tokio::test]
async fn whoever_asks_while_a_question_is_in_flight_shares_the_next_one() {
    let go = Arc::new(Notify::new());
    let question =
        Arc::new(RequestCoalescer::new(Counter { asked: AtomicUsize::new(0), go: Arc::clone(&go) }));
    let ask = || {
        let question = Arc::clone(&question);
        tokio::spawn(async move { question.ask().await })
    };
    let first = ask();
    until_asked(&question, 1).await;
    let late: Vec<_> = (0..50).map(|_| ask()).collect();
    while question.shared.waiters().len() < 50 {
        tokio::task::yield_now().await;
    }
    go.notify_one();
    assert_eq!(first.await.unwrap(), Some(1));
    go.notify_one();
    for answer in late {
        assert_eq!(answer.await.unwrap(), Some(2));
    }
    assert_eq!(question.shared.source.asked.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn the_round_goes_on_although_its_leader_goes_away_before_its_turn() {
    let go = Arc::new(Notify::new());
    let question =
        Arc::new(RequestCoalescer::new(Counter { asked: AtomicUsize::new(0), go: Arc::clone(&go) }));
    question.refresh_in_background();
    let mut leads = Box::pin(question.ask());
    assert!(leads.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    let mut joined = Box::pin(question.ask());
    assert!(joined.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    drop(leads);
    go.notify_one();
    let release = tokio::spawn(async move {
        loop {
            go.notify_one();
            tokio::task::yield_now().await;
        }
    });
    assert_eq!(joined.await, Some(2));
    release.abort();
}

#[tokio::test]
async fn the_round_goes_on_although_the_task_of_its_leader_panics() {
    let go = Arc::new(Notify::new());
    let question =
        Arc::new(RequestCoalescer::new(Counter { asked: AtomicUsize::new(0), go: Arc::clone(&go) }));
    let leader = tokio::spawn({
        let question = Arc::clone(&question);
        async move {
            let mut leads = Box::pin(question.ask());
            assert!(leads.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
            panic!("something else of the request fails");
        }
    });
    let release = tokio::spawn(async move {
        loop {
            go.notify_one();
            tokio::task::yield_now().await;
        }
    });
    assert!(leader.await.unwrap_err().is_panic());
    let joined = tokio::time::timeout(Duration::from_secs(5), question.ask()).await;
    assert!(matches!(joined, Ok(Some(_))), "{joined:?}");
    release.abort();
}

/// Takes some laps of the thread, each of which has work in it, before it asks.
async fn ask_after_work(question: Arc<RequestCoalescer<Counter>>) -> Option<usize> {
    for _ in 0..5 {
        tokio::time::advance(Duration::from_micros(100)).await;
    }
    question.ask().await
}

#[tokio::test(start_paused = true)]
async fn whoever_is_about_to_ask_is_waited_for_while_the_thread_has_work() {
    // As long as the last question took three times over, and not at all.
    for (last_took_us, number) in [(1_000, 1), (0, 2)] {
        let go = Arc::new(Notify::new());
        let question =
            Arc::new(RequestCoalescer::new(Counter { asked: AtomicUsize::new(0), go: Arc::clone(&go) }));
        question.shared.last_took_us.store(last_took_us, Ordering::Relaxed);
        let first = tokio::spawn({
            let question = Arc::clone(&question);
            async move { question.ask().await }
        });
        let late = tokio::spawn(ask_after_work(Arc::clone(&question)));
        let release = tokio::spawn(async move {
            loop {
                go.notify_one();
                tokio::task::yield_now().await;
            }
        });
        assert_eq!(first.await.unwrap(), Some(1));
        assert_eq!(late.await.unwrap(), Some(number));
        release.abort();
    }
}

/// Panics the first time.
#[derive(Default)]
struct Faulty {
    asked: AtomicUsize,
}

#[async_trait]
impl Query for Faulty {
    type Answer = usize;

    async fn ask(&self) -> usize {
        let number = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
        assert!(number > 1, "the first question fails");
        number
    }
}

#[tokio::test]
async fn after_a_panic_those_who_wait_are_let_go_and_the_next_are_answered() {
    let question = RequestCoalescer::new(Faulty::default());
    assert_eq!(tokio::join!(question.ask(), question.ask()), (None, None));
    assert_eq!(question.ask().await, Some(2));
}

#[tokio::test]
async fn the_round_goes_on_although_the_runtime_of_its_leader_ends() {
    let go = Arc::new(Notify::new());
    let question =
        Arc::new(RequestCoalescer::new(Counter { asked: AtomicUsize::new(0), go: Arc::clone(&go) }));
    let elsewhere = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let round = Batch {
        shared: Arc::clone(&question.shared),
        fallback_runtime: Some(question.runtime.clone()),
        waiters: None,
    };
    let (sender, joined) = oneshot::channel();
    question.shared.join(sender);
    // It never runs: its runtime is not driven, and ends.
    elsewhere.spawn(round.ask(None));
    elsewhere.shutdown_background();
    go.notify_one();
    assert_eq!(joined.await, Ok(1));
}

#[tokio::test]
async fn those_who_wait_for_an_answer_get_one_although_the_runtime_that_asks_ends() {
    let go = Arc::new(Notify::new());
    let question =
        Arc::new(RequestCoalescer::new(Counter { asked: AtomicUsize::new(0), go: Arc::clone(&go) }));
    let elsewhere = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    let round = Batch {
        shared: Arc::clone(&question.shared),
        fallback_runtime: Some(question.runtime.clone()),
        waiters: None,
    };
    let (sender, joined) = oneshot::channel();
    question.shared.join(sender);
    elsewhere.spawn(round.ask(None));
    until_asked(&question, 1).await;
    elsewhere.shutdown_background();
    until_asked(&question, 2).await;
    go.notify_one();
    assert_eq!(joined.await, Ok(2));
}

async fn until_asked(question: &RequestCoalescer<Counter>, times: usize) {
    while question.shared.source.asked.load(Ordering::SeqCst) < times {
        tokio::task::yield_now().await;
    }
}
