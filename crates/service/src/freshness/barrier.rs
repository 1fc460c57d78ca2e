//! The write's side: nothing is acknowledged before every later read must show it.

use async_trait::async_trait;

use super::FreshList;
use crate::lane::Barrier;

/// How often the version is bumped before the write waits instead.
const BUMP_TRIES: usize = 2;

#[async_trait]
impl Barrier for FreshList {
    async fn make_visible(&self) {
        if self.bump().await {
            return;
        }
        metrics::counter!("hermes_barrier_waits_total").increment(1);
        // Every anchor that is still valid when this has passed was asked for after the commit.
        tokio::time::sleep(self.settings.staleness_bound).await;
    }
}

impl FreshList {
    /// Makes the version a fresh one; false when the cache would not.
    pub(super) async fn bump(&self) -> bool {
        for _ in 0..BUMP_TRIES {
            if !self.link.worth_asking() {
                return false;
            }
            let bumped = self.parts.cache.bump().await;
            self.link.take(&bumped);
            if bumped.is_ok() {
                return true;
            }
        }
        false
    }
}
