//! The write's side: nothing is acknowledged before every later read must show it.

use async_trait::async_trait;
use tokio::time::{Instant, sleep_until};

use super::FreshReads;
use super::policy::acknowledged_at;
use crate::lane::Barrier;

#[async_trait]
impl Barrier for FreshReads {
    async fn make_visible(&self) {
        #[cfg(feature = "fault-injection")]
        if super::cache_aside::is_on() {
            return self.forget_aside().await;
        }
        // The commit was before this.
        let after_commit = Instant::now();
        let bump = self.version.bump().await;
        if let Some(instant) = acknowledged_at(after_commit, bump, self.settings.staleness_bound) {
            self.figures.barrier_waits.count();
            sleep_until(instant).await;
        }
        self.warm_if_popular();
    }
}
