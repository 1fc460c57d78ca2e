//! Validates or discards pooled connections after a fault.
//!
//! A restarted server leaves a pool full of dead connections. After one lost connection, every connection that existed at
//! the time is pinged before its next use. The cost is one failed statement and one ping per connection; a ping before
//! every use would cost a round trip per request.
//!
//! A server that became read-only still responds to pings, but its host name may point to another server by now. Only a
//! new connection resolves the name again, so all existing connections are discarded.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Since when connections must be pinged or discarded.
#[derive(Debug, Default)]
pub(super) struct PoolInvalidation {
    ping_since: LastInstant,
    discard_since: LastInstant,
}

impl PoolInvalidation {
    /// Requires a ping of every connection that was last used before now.
    pub(super) fn require_ping(&self) {
        self.ping_since.set_now();
    }

    /// Discards every connection that exists now.
    pub(super) fn discard_all(&self) {
        self.discard_since.set_now();
    }

    /// Returns whether a connection that was idle for `idle_for` must be pinged first.
    pub(super) fn needs_ping(&self, idle_for: Duration) -> bool {
        self.ping_since.is_within(idle_for)
    }

    /// Returns whether a connection of this age must be discarded.
    pub(super) fn must_discard(&self, age: Duration) -> bool {
        self.discard_since.is_within(age)
    }
}

#[derive(Debug, Default)]
struct LastInstant(Mutex<Option<Instant>>);

impl LastInstant {
    fn set_now(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    fn is_within(&self, last: Duration) -> bool {
        let instant = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        instant.is_some_and(|instant| instant.elapsed() <= last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EARLIER: Duration = Duration::from_secs(9);

    #[test]
    fn only_connections_last_used_before_the_fault_are_pinged() {
        let invalidation = PoolInvalidation::default();
        assert!(!invalidation.needs_ping(EARLIER));
        invalidation.require_ping();
        assert!(invalidation.needs_ping(EARLIER) && !invalidation.needs_ping(Duration::ZERO));
        assert!(!invalidation.must_discard(EARLIER));
    }

    #[test]
    fn only_connections_opened_before_the_fault_are_discarded() {
        let invalidation = PoolInvalidation::default();
        assert!(!invalidation.must_discard(EARLIER));
        invalidation.discard_all();
        assert!(invalidation.must_discard(EARLIER) && !invalidation.must_discard(Duration::ZERO));
    }
}
