//! Single-flight: concurrent loads of the same key share one load.

use std::collections::HashMap;
use std::future::Future;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// Shares loads by key.
pub(crate) struct SingleFlight<K, T> {
    in_flight: Arc<InFlight<K, T>>,
    /// The runtime of the process, which outlives every request.
    runtime: Handle,
}

/// The callers that wait for each load.
type InFlight<K, T> = Mutex<HashMap<K, Vec<oneshot::Sender<T>>>>;

/// The result of a load, and the caller's part in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Role<T> {
    /// The caller started the load.
    Leader(T),
    /// The caller joined a load that was in flight.
    Follower(T),
    /// The load panicked.
    Panicked,
}

impl<K: Clone + Eq + Hash + Send + 'static, T: Clone + Send + 'static> SingleFlight<K, T> {
    /// Creates an empty set of loads, which run on the current runtime.
    pub fn new() -> Self {
        Self { in_flight: Arc::default(), runtime: Handle::current() }
    }

    /// Returns whether a load of the key is in flight.
    pub fn is_in_flight(&self, key: &K) -> bool {
        lock(&self.in_flight).contains_key(key)
    }

    /// Joins the load in flight for a key, or starts `load` in its own task. Dropping the returned future does not
    /// stop the load.
    pub async fn run<F>(&self, key: K, load: F) -> Role<T>
    where
        F: Future<Output = T> + Send + 'static,
    {
        let (waiter, result) = oneshot::channel();
        let is_leader = {
            let mut in_flight = lock(&self.in_flight);
            let waiters = in_flight.entry(key.clone()).or_default();
            waiters.push(waiter);
            waiters.len() == 1
        };
        if is_leader {
            let guard = CompletionGuard { in_flight: Arc::clone(&self.in_flight), key, result: None };
            self.runtime.spawn(guard.complete(load));
        }
        match result.await {
            Ok(result) if is_leader => Role::Leader(result),
            Ok(result) => Role::Follower(result),
            Err(_) => Role::Panicked,
        }
    }
}

fn lock<K, T>(in_flight: &InFlight<K, T>) -> MutexGuard<'_, HashMap<K, Vec<oneshot::Sender<T>>>> {
    in_flight.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Ends a load exactly once, even after a panic: removes the key and sends the result to every waiter.
struct CompletionGuard<K: Eq + Hash, T: Clone> {
    in_flight: Arc<InFlight<K, T>>,
    key: K,
    result: Option<T>,
}

impl<K: Eq + Hash, T: Clone> CompletionGuard<K, T> {
    async fn complete(mut self, load: impl Future<Output = T>) {
        self.result = Some(load.await);
    }
}

impl<K: Eq + Hash, T: Clone> Drop for CompletionGuard<K, T> {
    fn drop(&mut self) {
        // Removed before the waiters are woken: a caller that arrives from now on starts a new load.
        let waiters = lock(&self.in_flight).remove(&self.key).unwrap_or_default();
        let Some(result) = &self.result else { return };
        for waiter in waiters {
            let _dropped = waiter.send(result.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::pin::Pin;
    use std::task::{Context, Poll, Wake, Waker};

    use tokio::sync::Notify;
    use tokio::task::yield_now;

    use super::*;

    type Running = Pin<Box<dyn Future<Output = Role<u32>> + Send>>;

    /// Loads of one key that finish when the test allows it.
    struct Harness {
        loads: SingleFlight<u32, u32>,
        go: Arc<Notify>,
        /// A load that starts while the waiters of the first load are woken.
        next: Mutex<Option<Running>>,
    }

    impl Harness {
        fn new() -> Arc<Self> {
            Arc::new(Self { loads: SingleFlight::new(), go: Arc::default(), next: Mutex::default() })
        }

        fn run(self: &Arc<Self>, result: u32) -> Running {
            let harness = Arc::clone(self);
            Box::pin(async move {
                let go = Arc::clone(&harness.go);
                let load = async move {
                    go.notified().await;
                    result
                };
                harness.loads.run(7, load).await
            })
        }
    }

    impl Wake for Harness {
        fn wake(self: Arc<Self>) {
            let mut next = self.run(2);
            assert!(next.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
            *self.next.lock().unwrap() = Some(next);
        }
    }

    #[tokio::test]
    async fn a_load_that_starts_while_the_previous_waiters_are_woken_is_separate() {
        let harness = Harness::new();
        let waker = Waker::from(Arc::clone(&harness));
        let mut first = harness.run(1);
        let _pending = poll_fn(|_| Poll::Ready(first.as_mut().poll(&mut Context::from_waker(&waker)))).await;
        harness.go.notify_one();
        while harness.next.lock().unwrap().is_none() {
            yield_now().await;
        }
        yield_now().await;
        harness.go.notify_one();
        let next = harness.next.lock().unwrap().take().unwrap();
        assert_eq!((first.await, next.await), (Role::Leader(1), Role::Leader(2)));
    }
}
