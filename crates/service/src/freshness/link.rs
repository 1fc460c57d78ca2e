//! Whether the shared cache is away: said once in the log, and not asked again too soon.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hermes_domain::ports::CacheError;
use tokio::time::Instant;

/// What is known of the way to the cache.
pub(super) struct Link {
    retry_after: Duration,
    away: Mutex<Option<Away>>,
}

#[derive(Clone, Copy)]
struct Away {
    since: Instant,
    ask_again_at: Instant,
}

/// The way to the cache, for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkStatus {
    /// It answered last time.
    Up,
    /// It has not answered for so long.
    Away(Duration),
}

impl Link {
    pub fn new(retry_after: Duration) -> Self {
        Self {
            retry_after,
            away: Mutex::new(None),
        }
    }

    /// Whether it is worth asking; one caller in each pause tries for all.
    pub fn worth_asking(&self) -> bool {
        let mut away = self.away.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        match away.as_mut() {
            None => true,
            Some(state) if now < state.ask_again_at => false,
            Some(state) => {
                state.ask_again_at = now + self.retry_after;
                true
            }
        }
    }

    /// Takes how an operation went; the first failure and the first success are logged.
    pub fn take<T>(&self, result: &Result<T, CacheError>) {
        match result {
            Ok(_) => self.back(),
            Err(error) => self.lost(error),
        }
    }

    /// How it stands.
    pub fn status(&self) -> LinkStatus {
        let away = self.away.lock().unwrap_or_else(PoisonError::into_inner);
        away.map_or(LinkStatus::Up, |state| LinkStatus::Away(state.since.elapsed()))
    }

    fn lost(&self, error: &CacheError) {
        let mut away = self.away.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let since = away.map_or(now, |state| state.since);
        let first = away
            .replace(Away {
                since,
                ask_again_at: now + self.retry_after,
            })
            .is_none();
        drop(away);
        metrics::counter!("hermes_cache_failures_total").increment(1);
        if first {
            metrics::gauge!("hermes_cache_up").set(0.0);
            log::warn!(
                "the shared cache is away ({error}); lists come from the database and writes take a little \
                 longer until it is back, nothing is lost"
            );
        }
    }

    fn back(&self) {
        let mut away = self.away.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(state) = away.take() else { return };
        drop(away);
        metrics::gauge!("hermes_cache_up").set(1.0);
        log::info!(
            "the shared cache is back after {} ms",
            state.since.elapsed().as_millis()
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_cache_that_is_away_is_asked_once_in_a_while() {
        let link = Link::new(Duration::from_millis(250));
        assert!(link.worth_asking());
        link.take::<()>(&Err(CacheError::Away("refused".to_owned())));
        assert!(!link.worth_asking());
        tokio::time::advance(Duration::from_millis(250)).await;
        assert!(link.worth_asking());
        assert!(!link.worth_asking());
        assert_eq!(link.status(), LinkStatus::Away(Duration::from_millis(250)));
        link.take(&Ok(()));
        assert!(link.worth_asking() && link.worth_asking());
        assert_eq!(link.status(), LinkStatus::Up);
    }
}
