//! The write's side: nothing is acknowledged before every later read must show it.

use async_trait::async_trait;
use tokio::time::{Instant, sleep_until};

use super::ReadCache;
use super::rules::earliest_ack;
use crate::writer::VisibilityBarrier;

#[async_trait]
impl VisibilityBarrier for ReadCache {
    async fn wait_until_visible(&self) {
        #[cfg(feature = "fault-injection")]
        if super::cache_aside::is_on() {
            return self.evict().await;
        }
        // The commit was before this.
        let after_commit = Instant::now();
        let bump = self.version.invalidate().await;
        if let Some(instant) = earliest_ack(after_commit, bump, self.settings.staleness_bound) {
            self.metrics.barrier_waits.count();
            sleep_until(instant).await;
        }
        self.refresh_ahead();
    }
}
