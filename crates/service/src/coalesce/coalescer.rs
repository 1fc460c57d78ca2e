//! One question for many waiters, in rounds.
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

/// A lap of the thread, from one time that it comes by to the next, that took longer than this had other work in it.
/// In an idle one it looks for news of its sockets once and finds none, which takes a few microseconds.
const IDLE_TICK_MAX: Duration = Duration::from_micros(8);

/// The same by the last question: where it took long, the machine may be one whose idle laps do.
const IDLE_LAPS_PER_QUESTION: u32 = 32;

/// After how many idle laps in a row nobody else is coming. One may only seem to be idle: of those who gave way
/// together, the last may be the first of the next lap.
const IDLE_LAPS: u32 = 2;

/// How long a round is gathered at most, in durations of the last question.
const GATHERING_QUESTIONS_MAX: u32 = 3;

/// How long a round is gathered at most, however long the last question took.
const GATHERING_MAX: Duration = Duration::from_millis(4);

/// Something that can be asked.
#[async_trait]
pub(crate) trait Query: Send + Sync + 'static {
    /// What it answers.
    type Answer: Clone + Send + 'static;

    /// Asks it now.
    async fn ask(&self) -> Self::Answer;
}

/// A source that is asked once for all who wait.
pub(crate) struct RequestCoalescer<S: Query> {
    shared: Arc<Shared<S>>,
    /// The runtime that outlives every request: where a round goes on whose leader has gone away.
    runtime: Handle,
}

struct Shared<S: Query> {
    source: S,
    /// Those of the round that gathers.
    waiters: Mutex<Waiters<S>>,
    /// One permit: whoever has it may ask.
    turn: Arc<Semaphore>,
    /// How long the last question took, in microseconds.
    last_took_us: AtomicU64,
}

type Waiters<S> = Vec<oneshot::Sender<<S as Query>::Answer>>;

impl<S: Query> RequestCoalescer<S> {
    pub fn new(source: S) -> Self {
        let shared = Shared {
            source,
            waiters: Mutex::default(),
            turn: Arc::new(Semaphore::new(1)),
            last_took_us: AtomicU64::new(0),
        };
        Self { shared: Arc::new(shared), runtime: Handle::current() }
    }

    /// The answer to a question that is sent after this call; `None` when asking has panicked, or the process ends.
    ///
    /// Dropping the call drops nothing but the wait: others of the round get their answer all the same.
    pub async fn ask(&self) -> Option<S::Answer> {
        let (sender, answer) = oneshot::channel();
        if self.shared.join(sender) {
            let (shared, runtime) = (Arc::clone(&self.shared), self.runtime.clone());
            Batch { shared, fallback_runtime: Some(runtime), waiters: None }.lead().await;
        }
        answer.await.ok()
    }

    /// Asks for whoever comes later, unless a question is in flight or about to be; nobody waits for the answer.
    pub fn refresh_in_background(&self) {
        if let Ok(turn) = Arc::clone(&self.shared.turn).try_acquire_owned() {
            let shared = Arc::clone(&self.shared);
            self.runtime.spawn(async move {
                shared.source.ask().await;
                drop(turn);
            });
        }
    }
}

/// A round: it is asked for and answered, whatever becomes of whoever leads it.
struct Batch<S: Query> {
    shared: Arc<Shared<S>>,
    /// Where it goes on when it ends here; nowhere, if it has been handed on already.
    fallback_runtime: Option<Handle>,
    /// Those who wait for its answer, once nobody can join any more; none are left when it is answered.
    waiters: Option<Waiters<S>>,
}

impl<S: Query> Batch<S> {
    async fn lead(self) {
        let turn = self.shared.acquire_turn().await;
        self.wait_for_followers().await;
        // A task of its own, because the request that leads may be given up.
        tokio::spawn(self.ask(turn));
    }

    /// Asks for all of the round. Whoever comes from now on is of the next one.
    async fn ask(mut self, turn: Option<OwnedSemaphorePermit>) {
        if self.waiters.is_none() {
            self.waiters = Some(std::mem::take(&mut *self.shared.waiters()));
        }
        let asked_at = Instant::now();
        let answer = self.shared.source.ask().await;
        let took_us = u64::try_from(asked_at.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.shared.last_took_us.store(took_us, Ordering::Relaxed);
        // The next leader gathers while these are answered.
        drop(turn);
        for asker in self.waiters.iter_mut().flat_map(|waiters| waiters.drain(..)) {
            let _gone = asker.send(answer.clone());
        }
    }

    /// Waits while others may join: while this thread has other work, but not for long.
    async fn wait_for_followers(&self) {
        let last_took = Duration::from_micros(self.shared.last_took_us.load(Ordering::Relaxed));
        let idle_lap_max = IDLE_TICK_MAX.max(last_took / IDLE_LAPS_PER_QUESTION);
        let until = Instant::now() + (last_took * GATHERING_QUESTIONS_MAX).min(GATHERING_MAX);
        let (mut lap_began, mut idle_laps) = (Instant::now(), 0);
        while idle_laps < IDLE_LAPS {
            tokio::task::yield_now().await;
            let now = Instant::now();
            if now >= until {
                return;
            }
            idle_laps = if now - lap_began < idle_lap_max { idle_laps + 1 } else { 0 };
            lap_began = now;
        }
    }
}

impl<S: Query> Drop for Batch<S> {
    /// Hands the round on: the request of its leader was given up or met a panic, or its runtime has ended, and others
    /// of it wait elsewhere. They are let go when it was the question that panicked.
    fn drop(&mut self) {
        let waiters = self.waiters.take();
        if waiters.as_ref().is_some_and(|waiters| waiters.is_empty() || std::thread::panicking()) {
            return;
        }
        match self.fallback_runtime.take() {
            Some(runtime) => {
                let round = Self { shared: Arc::clone(&self.shared), fallback_runtime: None, waiters };
                runtime.spawn(async move {
                    let turn = round.shared.acquire_turn().await;
                    round.ask(turn).await;
                });
            }
            // The process ends.
            None if waiters.is_none() => self.shared.waiters().clear(),
            None => {}
        }
    }
}

impl<S: Query> Shared<S> {
    fn waiters(&self) -> MutexGuard<'_, Waiters<S>> {
        self.waiters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds an asker to the round; true when it is the first of it, and has to lead.
    fn join(&self, asker: oneshot::Sender<S::Answer>) -> bool {
        let mut waiters = self.waiters();
        waiters.push(asker);
        waiters.len() == 1
    }

    async fn acquire_turn(&self) -> Option<OwnedSemaphorePermit> {
        // Nobody closes it.
        Arc::clone(&self.turn).acquire_owned().await.ok()
    }
}

#[cfg(test)]
#[path = "coalescer_tests.rs"]
mod tests;
