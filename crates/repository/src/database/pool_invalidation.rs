//! After one lost connection, all that stood then are asked before they are used again; after one that leads to
//! a read-only server, all that stood then are given up.
//!
//! A server that restarts leaves a pool full of dead connections. To ping each connection each time would cost
//! a round trip a request; this costs one failed statement and one ping a connection. A server that became
//! read-only answers every ping, but its name may lead to another one by now, which only a new connection
//! finds out.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Since when connections are trusted.
#[derive(Debug, Default)]
pub(super) struct PoolInvalidation {
    suspected: Since,
    given_up: Since,
}

impl PoolInvalidation {
    /// Trusts no connection that was last used before now.
    pub(super) fn raise(&self) {
        self.suspected.set();
    }

    /// Gives every connection up that stands now.
    pub(super) fn give_up(&self) {
        self.given_up.set();
    }

    /// Whether a connection that was not used for some time has to be asked first.
    pub(super) fn covers(&self, idle_for: Duration) -> bool {
        self.suspected.is_within(idle_for)
    }

    /// Whether a connection of an age is not to be used any more.
    pub(super) fn has_given_up(&self, age: Duration) -> bool {
        self.given_up.is_within(age)
    }
}

/// A moment, once there was one.
#[derive(Debug, Default)]
struct Since(Mutex<Option<Instant>>);

impl Since {
    fn set(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    fn is_within(&self, last: Duration) -> bool {
        let moment = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        moment.is_some_and(|moment| moment.elapsed() <= last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_connections_of_before_are_suspected() {
        let pool_invalidation = PoolInvalidation::default();
        assert!(!pool_invalidation.covers(Duration::from_secs(9)));
        pool_invalidation.raise();
        assert!(pool_invalidation.covers(Duration::from_secs(9)));
        assert!(!pool_invalidation.covers(Duration::ZERO));
        assert!(!pool_invalidation.has_given_up(Duration::from_secs(9)));
    }

    #[test]
    fn only_connections_of_before_are_given_up() {
        let pool_invalidation = PoolInvalidation::default();
        assert!(!pool_invalidation.has_given_up(Duration::from_secs(9)));
        pool_invalidation.give_up();
        assert!(pool_invalidation.has_given_up(Duration::from_secs(9)));
        assert!(!pool_invalidation.has_given_up(Duration::ZERO));
    }
}
