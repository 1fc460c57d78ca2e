use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Waker};
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, yield_now};
use tokio::time::timeout;

use super::*;

/// Fails a test whose caller is stranded.
const DEADLINE: Duration = Duration::from_secs(5);

/// Responds with the number of its execution, once the test allows it.
struct Numbered {
    sent: AtomicUsize,
    allowed: Semaphore,
}

type Coalescer = Arc<RequestCoalescer<Numbered>>;

fn coalescer() -> Coalescer {
    let query = Numbered { sent: AtomicUsize::new(0), allowed: Semaphore::new(0) };
    Arc::new(RequestCoalescer::new(query))
}

#[async_trait]
impl CoalescedQuery for Numbered {
    type Response = usize;

    async fn execute(&self) -> usize {
        let number = self.sent.fetch_add(1, Ordering::SeqCst) + 1;
        self.allowed.acquire().await.unwrap().forget();
        number
    }
}

fn request(coalescer: &Coalescer) -> JoinHandle<Option<usize>> {
    let coalescer = Arc::clone(coalescer);
    tokio::spawn(async move { timeout(DEADLINE, coalescer.request()).await.expect("a response in time") })
}

/// Lets so many executions respond.
fn allow(coalescer: &Coalescer, executions: usize) {
    coalescer.shared.query.allowed.add_permits(executions);
}

async fn until(condition: impl Fn() -> bool) {
    let polled = async {
        while !condition() {
            yield_now().await;
        }
    };
    timeout(DEADLINE, polled).await.expect("the condition holds in time");
}

async fn until_sent(coalescer: &Coalescer, executions: usize) {
    until(|| coalescer.shared.query.sent.load(Ordering::SeqCst) >= executions).await;
}

async fn until_waiting(coalescer: &Coalescer, callers: usize) {
    until(|| coalescer.shared.waiters().len() >= callers).await;
}

#[tokio::test]
async fn callers_that_arrive_during_a_query_share_the_next_one() {
    let coalescer = coalescer();
    let first = request(&coalescer);
    until_sent(&coalescer, 1).await;
    let late: Vec<_> = (0..50).map(|_| request(&coalescer)).collect();
    until_waiting(&coalescer, 50).await;
    assert_eq!(coalescer.shared.query.sent.load(Ordering::SeqCst), 1, "one query is in flight");
    allow(&coalescer, 2);
    assert_eq!(first.await.unwrap(), Some(1));
    for response in late {
        assert_eq!(response.await.unwrap(), Some(2));
    }
    assert_eq!(coalescer.shared.query.sent.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn callers_that_are_ready_together_share_one_query() {
    let coalescer = coalescer();
    allow(&coalescer, 2);
    let requests: Vec<_> = (0..50).map(|_| request(&coalescer)).collect();
    for response in requests {
        assert_eq!(response.await.unwrap(), Some(1));
    }
}

#[tokio::test]
async fn a_refresh_in_the_background_does_not_respond_to_later_callers() {
    let coalescer = coalescer();
    coalescer.refresh_in_background();
    until_sent(&coalescer, 1).await;
    coalescer.refresh_in_background();
    let late = request(&coalescer);
    until_waiting(&coalescer, 1).await;
    allow(&coalescer, 2);
    assert_eq!(late.await.unwrap(), Some(2), "a second refresh is not sent while one is in flight");
}

#[tokio::test]
async fn the_followers_of_a_dropped_leader_get_a_response() {
    let coalescer = coalescer();
    coalescer.refresh_in_background();
    until_sent(&coalescer, 1).await;
    let mut leader = Box::pin(coalescer.request());
    assert!(leader.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    let follower = request(&coalescer);
    until_waiting(&coalescer, 2).await;
    drop(leader);
    allow(&coalescer, 2);
    assert_eq!(follower.await.unwrap(), Some(2));
}

/// Panics on its first execution.
#[derive(Default)]
struct PanicsOnce(AtomicUsize);

#[async_trait]
impl CoalescedQuery for PanicsOnce {
    type Response = usize;

    async fn execute(&self) -> usize {
        let number = self.0.fetch_add(1, Ordering::SeqCst) + 1;
        assert!(number > 1, "the first execution fails");
        number
    }
}

#[tokio::test]
async fn callers_of_a_query_that_panics_get_none_and_the_next_caller_gets_a_response() {
    let coalescer = RequestCoalescer::new(PanicsOnce::default());
    assert_eq!(tokio::join!(coalescer.request(), coalescer.request()), (None, None));
    assert_eq!(coalescer.request().await, Some(2));
}

/// Starts a batch whose leader runs on another runtime, while a first query is in flight.
async fn batch_led_from_another_runtime() -> (Coalescer, Runtime, JoinHandle<Option<usize>>) {
    let coalescer = coalescer();
    coalescer.refresh_in_background();
    until_sent(&coalescer, 1).await;
    let leaders = Builder::new_multi_thread().worker_threads(1).build().unwrap();
    let leading = Arc::clone(&coalescer);
    leaders.spawn(async move { leading.request().await });
    until_waiting(&coalescer, 1).await;
    let follower = request(&coalescer);
    until_waiting(&coalescer, 2).await;
    (coalescer, leaders, follower)
}

#[tokio::test]
async fn a_batch_survives_the_runtime_of_its_leader_before_its_query_is_sent() {
    let (coalescer, leaders, follower) = batch_led_from_another_runtime().await;
    leaders.shutdown_background();
    allow(&coalescer, 2);
    assert_eq!(follower.await.unwrap(), Some(2));
}

#[tokio::test]
async fn a_batch_survives_the_runtime_of_its_leader_while_its_query_is_in_flight() {
    let (coalescer, leaders, follower) = batch_led_from_another_runtime().await;
    allow(&coalescer, 1);
    until_sent(&coalescer, 2).await;
    leaders.shutdown_background();
    until_sent(&coalescer, 3).await;
    allow(&coalescer, 1);
    assert_eq!(follower.await.unwrap(), Some(3));
}
