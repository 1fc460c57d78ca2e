//! One flight for many: those who need the same thing share the way to it.

use std::collections::HashMap;
use std::future::Future;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// What is under way, by what it is good for.
pub(super) struct Flights<K, T> {
    under_way: Arc<UnderWay<K, T>>,
    /// Where flights run: the runtime that outlives every request.
    runtime: Handle,
}

type UnderWay<K, T> = Mutex<HashMap<K, Vec<oneshot::Sender<T>>>>;

/// What a flight brought, and whose it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Share<T> {
    /// It began after the caller had asked for it.
    Own(T),
    /// It was under way already.
    Joined(T),
    /// It panicked.
    Lost,
}

impl<K: Clone + Eq + Hash + Send + 'static, T: Clone + Send + 'static> Flights<K, T> {
    pub fn new() -> Self {
        Self { under_way: Arc::default(), runtime: Handle::current() }
    }

    /// Whether there is one for a key.
    pub fn is_under_way(&self, key: &K) -> bool {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner).contains_key(key)
    }

    /// Joins the flight for a key, or begins it in a task of its own: dropping this call drops only the wait.
    pub async fn share<F>(&self, key: K, flight: F) -> Share<T>
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
            let landing = Landing { under_way: Arc::clone(&self.under_way), key, brought: None };
            self.runtime.spawn(landing.after(flight));
        }
        match brought.await {
            Ok(brought) if begins => Share::Own(brought),
            Ok(brought) => Share::Joined(brought),
            Err(_) => Share::Lost,
        }
    }
}

/// Ends a flight, once and whatever happens: those who wait are told what it brought, or that it is lost.
struct Landing<K: Eq + Hash, T: Clone> {
    under_way: Arc<UnderWay<K, T>>,
    key: K,
    brought: Option<T>,
}

impl<K: Eq + Hash, T: Clone> Landing<K, T> {
    async fn after(mut self, flight: impl Future<Output = T>) {
        self.brought = Some(flight.await);
    }
}

impl<K: Eq + Hash, T: Clone> Drop for Landing<K, T> {
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

    type Sharing = Pin<Box<dyn Future<Output = Share<u32>> + Send>>;

    /// Flights that land when they are let go.
    struct Airport {
        flights: Flights<u32, u32>,
        go: Arc<Notify>,
        /// A traveller who arrives while those of the first flight are told.
        next: Mutex<Option<Sharing>>,
    }

    impl Airport {
        fn new() -> Arc<Self> {
            Arc::new(Self { flights: Flights::new(), go: Arc::default(), next: Mutex::default() })
        }

        fn share(self: &Arc<Self>, brings: u32) -> Sharing {
            let airport = Arc::clone(self);
            Box::pin(async move {
                let go = Arc::clone(&airport.go);
                let flight = async move {
                    go.notified().await;
                    brings
                };
                airport.flights.share(7, flight).await
            })
        }
    }

    impl Wake for Airport {
        fn wake(self: Arc<Self>) {
            let mut next = self.share(2);
            assert!(next.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
            *self.next.lock().unwrap() = Some(next);
        }
    }

    #[tokio::test]
    async fn a_flight_that_begins_while_the_last_one_is_told_is_not_ended_with_it() {
        let airport = Airport::new();
        let waker = Waker::from(Arc::clone(&airport));
        let mut first = airport.share(1);
        let _pending = poll_fn(|_| Poll::Ready(first.as_mut().poll(&mut Context::from_waker(&waker)))).await;
        airport.go.notify_one();
        while airport.next.lock().unwrap().is_none() {
            yield_now().await;
        }
        yield_now().await;
        airport.go.notify_one();
        let next = airport.next.lock().unwrap().take().unwrap();
        assert_eq!((first.await, next.await), (Share::Own(1), Share::Own(2)));
    }
}
