//! After one lost connection, all that stood then are asked before they are used again.
//!
//! A server that restarts leaves a pool full of dead connections. To ping each connection each time would cost
//! a round trip a request; this costs one failed statement and one ping a connection.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Since when connections are trusted.
#[derive(Debug, Default)]
pub(super) struct Suspicion(Mutex<Option<Instant>>);

impl Suspicion {
    /// Trusts no connection that was last used before now.
    pub(super) fn raise(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Whether a connection that was not used for some time has to be asked first.
    pub(super) fn covers(&self, idle_for: Duration) -> bool {
        let raised = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        raised.is_some_and(|raised| raised.elapsed() <= idle_for)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_connections_of_before_are_suspected() {
        let suspicion = Suspicion::default();
        assert!(!suspicion.covers(Duration::from_secs(9)));
        suspicion.raise();
        assert!(suspicion.covers(Duration::from_secs(9)));
        assert!(!suspicion.covers(Duration::ZERO));
    }
}
