//! One question for many askers, in rounds.
//!
//! An answer is only good for those who asked before the question was sent. So one question is in flight at a
//! time, and everybody who arrives meanwhile shares the next one: a round. The first of a round leads it, on its
//! own thread. It waits for its turn, and then for those who are about to join, as long as its thread has other
//! work to do that would have kept it waiting anyway.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::Instant;

/// A turn of the thread that took longer than this had other work in it. An idle one looks for news of its sockets
/// once and finds none, which takes a few microseconds.
const IDLE_TURN_MAX: Duration = Duration::from_micros(8);

/// After how many idle turns in a row nobody else is coming. One may only seem to be idle: of those who gave up their
/// turn together, the last may be the first in the next.
const IDLE_TURNS: u32 = 2;

/// How long a round is gathered at most, in durations of the last question.
const GATHERING_QUESTIONS_MAX: u32 = 3;

/// How long a round is gathered at most, however long the last question took.
const GATHERING_MAX: Duration = Duration::from_millis(4);

/// Something that can be asked.
#[async_trait]
pub(super) trait Source: Send + Sync + 'static {
    /// What it answers.
    type Answer: Clone + Send + 'static;

    /// Asks it now.
    async fn ask(&self) -> Self::Answer;
}

/// A source that is asked once for all who wait.
pub(super) struct SharedQuestion<S: Source> {
    shared: Arc<Shared<S>>,
    /// The runtime that outlives every request: where a round goes on whose leader has gone away.
    runtime: Handle,
}

struct Shared<S: Source> {
    source: S,
    /// Those of the round that gathers.
    askers: Mutex<Vec<oneshot::Sender<S::Answer>>>,
    /// One permit: whoever has it may ask.
    turn: Arc<Semaphore>,
    /// How long the last question took, in microseconds.
    last_took_us: AtomicU64,
}

impl<S: Source> SharedQuestion<S> {
    pub fn new(source: S) -> Self {
        let shared = Shared {
            source,
            askers: Mutex::default(),
            turn: Arc::new(Semaphore::new(1)),
            last_took_us: AtomicU64::new(0),
        };
        Self { shared: Arc::new(shared), runtime: Handle::current() }
    }

    /// The answer to a question that is sent after this call; `None` only when asking has panicked.
    ///
    /// Dropping the call drops nothing but the wait: others of the round get their answer all the same.
    pub async fn ask(&self) -> Option<S::Answer> {
        let (sender, answer) = oneshot::channel();
        if self.shared.join(sender) {
            let (shared, runtime) = (Arc::clone(&self.shared), self.runtime.clone());
            Round { shared, heir: Some(runtime), is_asked: false }.lead().await;
        }
        answer.await.ok()
    }

    /// Asks for whoever comes later, unless a question is in flight; nobody waits for the answer.
    pub fn ask_ahead(&self) {
        if let Ok(turn) = Arc::clone(&self.shared.turn).try_acquire_owned() {
            let shared = Arc::clone(&self.shared);
            self.runtime.spawn(async move {
                shared.source.ask().await;
                drop(turn);
            });
        }
    }
}

/// A round that is not asked for yet: it will be, whatever becomes of whoever leads it.
struct Round<S: Source> {
    shared: Arc<Shared<S>>,
    /// Where it goes on when it ends here; nowhere, if it has been handed on already.
    heir: Option<Handle>,
    is_asked: bool,
}

impl<S: Source> Round<S> {
    async fn lead(self) {
        let turn = self.shared.turn().await;
        self.gather().await;
        // A task of its own, because the request that leads may be given up.
        tokio::spawn(self.ask(turn));
    }

    /// Asks for all of the round. Whoever comes from now on is of the next one.
    ///
    /// After a panic those who wait are let go with their senders, and the turn goes on.
    async fn ask(mut self, turn: Option<OwnedSemaphorePermit>) {
        let askers = std::mem::take(&mut *self.shared.askers());
        self.is_asked = true;
        let asked_at = Instant::now();
        let answer = self.shared.source.ask().await;
        let took_us = u64::try_from(asked_at.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.shared.last_took_us.store(took_us, Ordering::Relaxed);
        // The next leader gathers while these are answered.
        drop(turn);
        for asker in askers {
            let _gone = asker.send(answer.clone());
        }
    }

    /// Waits while others may join: while this thread has other work, but not for long.
    async fn gather(&self) {
        let last_took = Duration::from_micros(self.shared.last_took_us.load(Ordering::Relaxed));
        let until = Instant::now() + (last_took * GATHERING_QUESTIONS_MAX).min(GATHERING_MAX);
        let (mut turn_began, mut idle_turns) = (Instant::now(), 0);
        while idle_turns < IDLE_TURNS {
            tokio::task::yield_now().await;
            let now = Instant::now();
            if now >= until {
                return;
            }
            idle_turns = if now - turn_began < IDLE_TURN_MAX { idle_turns + 1 } else { 0 };
            turn_began = now;
        }
    }
}

impl<S: Source> Drop for Round<S> {
    /// Hands the round on, for its request was given up or its runtime has ended. Others of it wait elsewhere.
    fn drop(&mut self) {
        if self.is_asked {
            return;
        }
        match self.heir.take() {
            Some(runtime) => {
                let round = Self { shared: Arc::clone(&self.shared), heir: None, is_asked: false };
                runtime.spawn(async move {
                    let turn = round.shared.turn().await;
                    round.ask(turn).await;
                });
            }
            // The process ends.
            None => self.shared.askers().clear(),
        }
    }
}

impl<S: Source> Shared<S> {
    fn askers(&self) -> MutexGuard<'_, Vec<oneshot::Sender<S::Answer>>> {
        self.askers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds an asker to the round; true when it is the first of it, and has to lead.
    fn join(&self, asker: oneshot::Sender<S::Answer>) -> bool {
        let mut askers = self.askers();
        askers.push(asker);
        askers.len() == 1
    }

    async fn turn(&self) -> Option<OwnedSemaphorePermit> {
        // Nobody closes it.
        Arc::clone(&self.turn).acquire_owned().await.ok()
    }
}

#[cfg(test)]
mod tests {
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
    impl Source for Counter {
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
            Arc::new(SharedQuestion::new(Counter { asked: AtomicUsize::new(0), go: Arc::default() }));
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
            Arc::new(SharedQuestion::new(Counter { asked: AtomicUsize::new(0), go: Arc::default() }));
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
            Arc::new(SharedQuestion::new(Counter { asked: AtomicUsize::new(0), go: Arc::clone(&go) }));
        let ask = || {
            let question = Arc::clone(&question);
            tokio::spawn(async move { question.ask().await })
        };
        let first = ask();
        while question.shared.source.asked.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
        let late: Vec<_> = (0..50).map(|_| ask()).collect();
        while question.shared.askers().len() < 50 {
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
            Arc::new(SharedQuestion::new(Counter { asked: AtomicUsize::new(0), go: Arc::clone(&go) }));
        question.ask_ahead();
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

    /// Takes some turns of the thread, each of which has work in it, before it asks.
    async fn ask_after_work(question: Arc<SharedQuestion<Counter>>) -> Option<usize> {
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
                Arc::new(SharedQuestion::new(Counter { asked: AtomicUsize::new(0), go: Arc::clone(&go) }));
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
    impl Source for Faulty {
        type Answer = usize;

        async fn ask(&self) -> usize {
            let number = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
            assert!(number > 1, "the first question fails");
            number
        }
    }

    #[tokio::test]
    async fn after_a_panic_those_who_wait_are_let_go_and_the_next_are_answered() {
        let question = SharedQuestion::new(Faulty::default());
        assert_eq!(tokio::join!(question.ask(), question.ask()), (None, None));
        assert_eq!(question.ask().await, Some(2));
    }

    #[tokio::test]
    async fn the_round_goes_on_although_the_runtime_of_its_leader_ends() {
        let go = Arc::new(Notify::new());
        let question =
            Arc::new(SharedQuestion::new(Counter { asked: AtomicUsize::new(0), go: Arc::clone(&go) }));
        let elsewhere = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let round = Round {
            shared: Arc::clone(&question.shared),
            heir: Some(question.runtime.clone()),
            is_asked: false,
        };
        let (sender, joined) = oneshot::channel();
        question.shared.join(sender);
        // It never runs: its runtime is not driven, and ends.
        elsewhere.spawn(round.ask(None));
        elsewhere.shutdown_background();
        go.notify_one();
        assert_eq!(joined.await, Ok(1));
    }
}
