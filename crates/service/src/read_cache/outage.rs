//! Whether the shared cache is away: said once in the log, and not asked again too soon.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hermes_domain::ports::CacheError;
use tokio::time::Instant;

/// For how long after one warning no other is logged: a cache that comes and goes is told once.
const LOG_SUPPRESSION: Duration = Duration::from_secs(30);

/// What is known of the way to the cache.
pub(super) struct OutageTracker {
    retry_after: Duration,
    state: Mutex<State>,
}

#[derive(Clone, Copy, Default)]
struct State {
    away: Option<Outage>,
    warned_at: Option<Instant>,
    /// How long it was away before, in all.
    was_away: Duration,
}

#[derive(Clone, Copy)]
struct Outage {
    since: Instant,
    ask_again_at: Instant,
    /// Whether the log was told, and so has to be told of the return.
    warned: bool,
}

/// The way to the cache, for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutageStatus {
    /// It answered last time.
    Up,
    /// It has not answered for so long.
    Down(Duration),
}

impl OutageTracker {
    pub fn new(retry_after: Duration) -> Self {
        Self { retry_after, state: Mutex::default() }
    }

    /// Whether it is worth asking; one caller in each pause tries for all.
    pub fn allows_request(&self) -> bool {
        let now = Instant::now();
        match &mut self.state().away {
            None => true,
            Some(away) if now < away.ask_again_at => false,
            Some(away) => {
                away.ask_again_at = now + self.retry_after;
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
    pub fn status(&self) -> OutageStatus {
        self.state().away.map_or(OutageStatus::Up, |away| OutageStatus::Down(away.since.elapsed()))
    }

    /// For how long it has been away in all.
    pub fn total_downtime(&self) -> Duration {
        let state = self.state();
        state.was_away + state.away.map_or(Duration::ZERO, |away| away.since.elapsed())
    }

    fn lost(&self, error: &CacheError) {
        metrics::counter!("hermes_cache_failures_total").increment(1);
        let now = Instant::now();
        let ask_again_at = now + self.retry_after;
        let mut state = self.state();
        if let Some(away) = &mut state.away {
            away.ask_again_at = ask_again_at;
            return;
        }
        let warned = state.warned_at.is_none_or(|warned_at| now.duration_since(warned_at) >= LOG_SUPPRESSION);
        state.away = Some(Outage { since: now, ask_again_at, warned });
        if warned {
            state.warned_at = Some(now);
        }
        drop(state);
        metrics::gauge!("hermes_cache_up").set(0.0);
        if warned {
            log::warn!(
                "the shared cache is away ({error}); lists come from the database and writes take a little \
                 longer until it is back, nothing is lost"
            );
        }
    }

    fn back(&self) {
        let away = {
            let mut state = self.state();
            let Some(away) = state.away.take() else { return };
            state.was_away += away.since.elapsed();
            away
        };
        metrics::gauge!("hermes_cache_up").set(1.0);
        if away.warned {
            log::info!("the shared cache is back after {} ms", away.since.elapsed().as_millis());
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_cache_that_is_away_is_asked_once_in_a_while() {
        let link = OutageTracker::new(Duration::from_millis(250));
        assert!(link.allows_request());
        link.take::<()>(&Err(CacheError::Unavailable("refused".to_owned())));
        assert!(!link.allows_request());
        tokio::time::advance(Duration::from_millis(250)).await;
        assert!(link.allows_request());
        assert!(!link.allows_request());
        assert_eq!(link.status(), OutageStatus::Down(Duration::from_millis(250)));
        link.take(&Ok(()));
        assert!(link.allows_request() && link.allows_request());
        assert_eq!(link.status(), OutageStatus::Up);
    }

    #[tokio::test(start_paused = true)]
    async fn a_cache_that_comes_and_goes_is_told_once() {
        let link = OutageTracker::new(Duration::from_millis(250));
        let warned = |link: &OutageTracker| {
            link.take::<()>(&Err(CacheError::Unavailable("slow".to_owned())));
            let warned = link.state().away.unwrap().warned;
            link.take(&Ok(()));
            warned
        };
        assert!(warned(&link));
        assert!(!warned(&link));
        tokio::time::advance(LOG_SUPPRESSION).await;
        assert!(warned(&link));
    }
}
