//! One question for many askers.
//!
//! An answer is only good for those who asked before the question was sent. So one question is in flight at a
//! time, and everybody who arrives meanwhile shares the next one.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// How many turns of the thread a question waits for those who arrive at the same time.
const JOINING_TURNS_MAX: usize = 8;

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
    /// Where questions are asked: the runtime that outlives every request.
    runtime: Handle,
}

struct Shared<S: Source> {
    source: S,
    waiting: Mutex<Waiting<S::Answer>>,
}

struct Waiting<A> {
    in_flight: bool,
    askers: Vec<oneshot::Sender<A>>,
}

impl<S: Source> SharedQuestion<S> {
    pub fn new(source: S) -> Self {
        let waiting = Mutex::new(Waiting { in_flight: false, askers: Vec::new() });
        Self { shared: Arc::new(Shared { source, waiting }), runtime: Handle::current() }
    }

    /// The answer to a question that is sent after this call; `None` only when asking has panicked.
    ///
    /// Dropping the call drops nothing but the wait: the question is asked by a task of its own.
    pub async fn ask(&self) -> Option<S::Answer> {
        let (sender, answer) = oneshot::channel();
        if self.shared.enlist(sender) {
            self.beginning().once_nobody_joins().await;
        }
        answer.await.ok()
    }

    /// Asks for whoever comes later, unless a question is in flight; nobody waits for the answer.
    pub fn ask_ahead(&self) {
        if self.shared.begins() {
            let asking = Asking { shared: Arc::clone(&self.shared), is_over: false };
            self.runtime.spawn(async move {
                asking.shared.source.ask().await;
                asking.ask_for_all().await;
            });
        }
    }

    fn beginning(&self) -> Beginning<'_, S> {
        Beginning { question: self }
    }
}

/// A question that is about to be asked: it is, when this is dropped, whatever becomes of whoever began it.
struct Beginning<'a, S: Source> {
    question: &'a SharedQuestion<S>,
}

impl<S: Source> Beginning<'_, S> {
    /// Waits while others join: until everything that is ready to run on this thread has run and nobody has come,
    /// or a few times over. Whoever comes alone waits for one such turn, some microseconds.
    async fn once_nobody_joins(self) {
        let mut joined = 0;
        for _ in 0..JOINING_TURNS_MAX {
            let waiting = self.question.shared.waiting().askers.len();
            if waiting == joined {
                return;
            }
            joined = waiting;
            tokio::task::yield_now().await;
        }
    }
}

impl<S: Source> Drop for Beginning<'_, S> {
    fn drop(&mut self) {
        let asking = Asking { shared: Arc::clone(&self.question.shared), is_over: false };
        self.question.runtime.spawn(asking.ask_for_all());
    }
}

impl<S: Source> Shared<S> {
    fn waiting(&self) -> MutexGuard<'_, Waiting<S::Answer>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether nobody is asking yet; if so, the caller must.
    fn begins(&self) -> bool {
        !std::mem::replace(&mut self.waiting().in_flight, true)
    }

    /// Adds an asker; true when nobody is asking yet, and the caller must.
    fn enlist(&self, asker: oneshot::Sender<S::Answer>) -> bool {
        let mut waiting = self.waiting();
        waiting.askers.push(asker);
        !std::mem::replace(&mut waiting.in_flight, true)
    }

    /// Takes those who wait; with none left, nobody is asking any more.
    fn take_askers(&self) -> Vec<oneshot::Sender<S::Answer>> {
        let mut waiting = self.waiting();
        let askers = std::mem::take(&mut waiting.askers);
        waiting.in_flight = !askers.is_empty();
        askers
    }
}

/// One task's turn at asking, until nobody waits any more.
struct Asking<S: Source> {
    shared: Arc<Shared<S>>,
    is_over: bool,
}

impl<S: Source> Asking<S> {
    async fn ask_for_all(mut self) {
        loop {
            let askers = self.shared.take_askers();
            if askers.is_empty() {
                self.is_over = true;
                return;
            }
            let answer = self.shared.source.ask().await;
            for asker in askers {
                let _gone = asker.send(answer.clone());
            }
        }
    }
}

impl<S: Source> Drop for Asking<S> {
    /// After a panic, those who wait are let go, and the next to ask begins anew.
    fn drop(&mut self) {
        if !self.is_over {
            let mut waiting = self.shared.waiting();
            waiting.askers.clear();
            waiting.in_flight = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
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
        while question.shared.waiting.lock().unwrap().askers.len() < 50 {
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
}
