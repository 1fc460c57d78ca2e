//! Whether Redis is away: said once in the log, and once when it is back.

use std::time::Instant;

/// What is known of the way to Redis.
#[derive(Debug, Default)]
pub(super) struct Link {
    away_since: Option<Instant>,
}

impl Link {
    /// Something was not answered.
    pub fn lost(&mut self, group: &str, error: &str) {
        if self.away_since.is_none() {
            self.away_since = Some(Instant::now());
            log::warn!(group; "group {group} gets no events ({error}); it goes on where it was as soon as it does");
        }
    }

    /// Something was answered.
    pub fn answered(&mut self, group: &str) {
        if let Some(since) = self.away_since.take() {
            log::info!(group; "group {group} gets events again after {} ms", since.elapsed().as_millis());
        }
    }
}
