//! Replies to the callers of a batch once its commit is visible, while the writer executes the next batch.

use std::sync::Arc;

use hermes_domain::ledger::{Outcome, Rejection};
use tokio::sync::Semaphore;

use super::queue::PendingCommand;
use super::{Committed, SubmitError, VisibilityBarrier, saturating_u32};

/// The maximum number of committed batches without a reply. There are more than two only while Redis is down.
const MAX_UNACKNOWLEDGED_BATCHES: usize = 1_024;

/// A decided batch and its callers.
pub(super) struct BatchReplies {
    pub commands: Vec<PendingCommand>,
    pub decisions: Vec<Result<Outcome, Rejection>>,
    pub head_seq: i64,
}

/// Tracks the batches that are committed but not yet acknowledged.
pub(super) struct ReplyTracker {
    permits: Arc<Semaphore>,
}

impl Default for ReplyTracker {
    fn default() -> Self {
        Self { permits: Arc::new(Semaphore::new(MAX_UNACKNOWLEDGED_BATCHES)) }
    }
}

impl ReplyTracker {
    /// Spawns a task that waits until a batch is visible, then replies to its callers.
    ///
    /// Rejected callers get their reply at once, except for [`Rejection::KeyReused`], which names a payment. That
    /// rejection and every replay wait as well. The instance that committed the payment may have died before its
    /// barrier.
    pub async fn reply_when_visible(&self, replies: BatchReplies, barrier: Arc<dyn VisibilityBarrier>) {
        // The semaphore is never closed, so `acquire_owned` always returns a permit.
        let permit = Arc::clone(&self.permits).acquire_owned().await.ok();
        tokio::spawn(async move {
            let _permit = permit;
            let waiting = replies.reply_to_rejected();
            if !waiting.is_empty() {
                barrier.wait_until_visible().await;
                let changes_key = |(_, result): &(_, Result<Committed<Outcome>, _>)| {
                    matches!(result, Ok(Committed { outcome: Outcome::Key(_), .. }))
                };
                if waiting.iter().any(changes_key) {
                    barrier.wait_until_keys_apply().await;
                }
                #[cfg(feature = "fault-injection")]
                hermes_fault::hit(hermes_fault::FailPoint::AfterInvalidation);
            }
            for (command, result) in waiting {
                command.reply(result);
            }
        });
    }

    /// Waits until every batch is acknowledged.
    pub async fn wait_for_all(&self) {
        let _all = self.permits.acquire_many(saturating_u32(MAX_UNACKNOWLEDGED_BATCHES)).await.ok();
    }
}

impl BatchReplies {
    /// Replies to the rejected callers. Returns the commands whose result names a payment or a key.
    fn reply_to_rejected(self) -> Vec<(PendingCommand, Result<Committed<Outcome>, SubmitError>)> {
        let head_seq = self.head_seq;
        let mut waiting = Vec::with_capacity(self.commands.len());
        for (command, decision) in self.commands.into_iter().zip(self.decisions) {
            match decision {
                Ok(outcome) => waiting.push((command, Ok(Committed { outcome, head_seq }))),
                Err(rejection @ Rejection::KeyReused { .. }) => {
                    waiting.push((command, Err(rejection.into())))
                }
                Err(rejection) => command.reply(Err(rejection.into())),
            }
        }
        waiting
    }
}
