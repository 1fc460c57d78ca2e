//! One flight for many: those who need the same thing share the way to it.

use std::collections::HashMap;
use std::future::Future;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// What is under way, by what it is good for.
pub(crate) struct SingleFlight<K, T> {
    under_way: Arc<UnderWay<K, T>>,
    /// Where flights run: the runtime that outlives every request.
    runtime: Handle,
}

type UnderWay<K, T> = Mutex<HashMap<K, Vec<oneshot::Sender<T>>>>;

/// What a flight brought, and whose it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Role<T> {
    /// It began after the caller had asked for it.
    Leader(T),
    /// It was under way already.
    Follower(T),
    /// It panicked.
    Panicked,
}

impl<K: Clone + Eq + Hash + Send + 'static, T: Clone + Send + 'static> SingleFlight<K, T> {
    pub fn new() -> Self {
        Self { under_way: Arc::default(), runtime: Handle::current() }
    }

    /// Whether there is one for a key.
    pub fn is_in_flight(&self, key: &K) -> bool {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner).contains_key(key)
    }

    /// Joins the flight for a key, or begins it in a task of its own: dropping this call drops only the wait.
    pub async fn run<F>(&self, key: K, flight: F) -> Role<T>
    where
        F: Future<Output = T> + Send + 'static,
    {
        let (sender, brought) = oneshot::channel();
        let begins = {
            let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
            let waiting = under_way.entry(key.clone()).or_default();
            waiting.push(sender);
            waiting.len() == 1
        };
        if begins {
            let landing = CompletionGuard { under_way: Arc::clone(&self.under_way), key, brought: None };
            self.runtime.spawn(landing.after(flight));
        }
        match brought.await {
            Ok(brought) if begins => Role::Leader(brought),
            Ok(brought) => Role::Follower(brought),
            Err(_) => Role::Panicked,
        }
    }
}

/// Ends a flight, once and whatever happens: those who wait are told what it brought, or that it is lost.
struct CompletionGuard<K: Eq + Hash, T: Clone> {
    under_way: Arc<UnderWay<K, T>>,
    key: K,
    brought: Option<T>,
}

impl<K: Eq + Hash, T: Clone> CompletionGuard<K, T> {
    async fn after(mut self, flight: impl Future<Output = T>) {
        self.brought = Some(flight.await);
    }
}

impl<K: Eq + Hash, T: Clone> Drop for CompletionGuard<K, T> {
    fn drop(&mut self) {
        let waiting = {
            let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
            under_way.remove(&self.key).unwrap_or_default()
        };
        let Some(brought) = &self.brought else { return };
        for sender in waiting {
            let _gone = sender.send(brought.clone());
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

    type Sharing = Pin<Box<dyn Future<Output = Role<u32>> + Send>>;

    /// SingleFlight that land when they are let go.
    struct Harness {
        flights: SingleFlight<u32, u32>,
        go: Arc<Notify>,
        /// A traveller who arrives while those of the first flight are told.
        next: Mutex<Option<Sharing>>,
    }

    impl Harness {
        fn new() -> Arc<Self> {
            Arc::new(Self { flights: SingleFlight::new(), go: Arc::default(), next: Mutex::default() })
        }

        fn run(self: &Arc<Self>, brings: u32) -> Sharing {
            let airport = Arc::clone(self);
            Box::pin(async move {
                let go = Arc::clone(&airport.go);
                let flight = async move {
                    go.notified().await;
                    brings
                };
                airport.flights.run(7, flight).await
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
    async fn a_flight_that_begins_while_the_last_one_is_told_is_not_ended_with_it() {
        let airport = Harness::new();
        let waker = Waker::from(Arc::clone(&airport));
        let mut first = airport.run(1);
        let _pending = poll_fn(|_| Poll::Ready(first.as_mut().poll(&mut Context::from_waker(&waker)))).await;
        airport.go.notify_one();
        while airport.next.lock().unwrap().is_none() {
            yield_now().await;
        }
        yield_now().await;
        airport.go.notify_one();
        let next = airport.next.lock().unwrap().take().unwrap();
        assert_eq!((first.await, next.await), (Role::Leader(1), Role::Leader(2)));
    }
}
