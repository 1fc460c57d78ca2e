//! Whether the stream is away: said once in the log, and once when it is back.

use std::time::Duration;

use hermes_domain::ports::PublishError;
use tokio::time::Instant;

/// For how long after one warning no other is logged: a stream that comes and goes is told once.
const QUIET: Duration = Duration::from_secs(30);

/// What is known of the way to the stream.
#[derive(Default)]
pub(super) struct OutageTracker {
    away: Option<Away>,
    warned_at: Option<Instant>,
}

struct Away {
    since: Instant,
    /// Whether the log was told, and so has to be told of the return.
    warned: bool,
}

impl OutageTracker {
    /// The stream did not do what was asked.
    pub fn lost(&mut self, error: &PublishError) {
        metrics::counter!("hermes_events_retries_total").increment(1);
        if self.away.is_some() {
            return;
        }
        let now = Instant::now();
        let warned = self.warned_at.is_none_or(|warned_at| now.duration_since(warned_at) >= QUIET);
        self.away = Some(Away { since: now, warned });
        metrics::gauge!("hermes_events_stream_up").set(0.0);
        if warned {
            self.warned_at = Some(now);
            log::warn!(
                "events are not published ({error}); they stay in the outbox and follow in order as soon as the \
                 stream is back, nothing is lost"
            );
        }
    }

    /// The stream did what was asked.
    pub fn answered(&mut self) {
        let Some(away) = self.away.take() else { return };
        metrics::gauge!("hermes_events_stream_up").set(1.0);
        if away.warned {
            log::info!("events are published again after {} ms", away.since.elapsed().as_millis());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_stream_that_comes_and_goes_is_told_once() {
        let mut link = OutageTracker::default();
        let mut warned = || {
            link.lost(&PublishError::Unavailable("slow".to_owned()));
            link.lost(&PublishError::Unavailable("slow".to_owned()));
            let warned = link.away.as_ref().is_some_and(|away| away.warned);
            link.answered();
            warned
        };
        assert!(warned());
        assert!(!warned());
        tokio::time::advance(QUIET).await;
        assert!(warned());
    }
}
