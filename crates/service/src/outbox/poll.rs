//! Noticing what other instances commit.

use std::sync::Arc;
use std::time::Duration;

use hermes_domain::ports::Outbox;
use tokio::time::MissedTickBehavior;

use super::CommitNotifier;

/// Asks the outbox now and then for its newest event while anybody listens, and passes it on; never ends.
///
/// One small question for all who wait, however many they are.
pub async fn poll_outbox(outbox: Arc<dyn Outbox>, signal: CommitNotifier, period: Duration) {
    let mut ticks = tokio::time::interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if !signal.has_listeners() {
            continue;
        }
        match outbox.newest_event().await {
            Ok(newest) => signal.reset(newest),
            // Whoever needs the events meets the same fault and says so.
            Err(error) => log::debug!("the outbox cannot be watched: {error}"),
        }
    }
}
