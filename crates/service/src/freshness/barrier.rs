//! The write's side: nothing is acknowledged before every later read must show it.

use async_trait::async_trait;
use tokio::time::{Instant, sleep_until};

use super::FreshList;
use super::version::Bump;
use crate::lane::Barrier;

#[async_trait]
impl Barrier for FreshList {
    async fn make_visible(&self) {
        // The commit was before this.
        let started = Instant::now();
        if self.version.bump_or_owe().await == Bump::Done {
            return;
        }
        metrics::counter!("hermes_barrier_waits_total").increment(1);
        // Every anchor that is still valid when this has passed was asked for after the commit.
        sleep_until(started + self.settings.staleness_bound).await;
    }
}
