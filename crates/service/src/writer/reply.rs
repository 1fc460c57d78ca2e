//! Answering the callers of a batch once every read shows it, while the lane goes on with the next one.

use std::sync::Arc;

use hermes_domain::ledger::{Outcome, Rejection};
use tokio::sync::Semaphore;

use super::queue::PendingCommand;
use super::{Committed, SubmitError, VisibilityBarrier};

/// The most batches that wait to become visible; only a cache that is away makes it more than one or two.
const MAX_UNACKNOWLEDGED_BATCHES: usize = 1_024;

/// A decided batch with its callers.
pub(super) struct BatchReplies {
    pub jobs: Vec<PendingCommand>,
    pub decisions: Vec<Result<Outcome, Rejection>>,
    pub head_seq: i64,
}

/// The batches that are committed and not yet answered.
pub(super) struct ReplyTracker {
    permits: Arc<Semaphore>,
}

impl Default for ReplyTracker {
    fn default() -> Self {
        Self { permits: Arc::new(Semaphore::new(MAX_UNACKNOWLEDGED_BATCHES)) }
    }
}

impl ReplyTracker {
    /// Makes a batch visible and answers it, in a task of its own.
    ///
    /// A replay needs the barrier as well: the batch that carried it out may belong to an instance that died before
    /// its own. So does the refusal that names the booking a key stands for. Other refusals tell of nothing that a
    /// read could miss.
    pub async fn reply_when_visible(&self, answers: BatchReplies, barrier: Arc<dyn VisibilityBarrier>) {
        // The semaphore is never closed, so a missing permit cannot happen.
        let place = Arc::clone(&self.permits).acquire_owned().await.ok();
        tokio::spawn(async move {
            let _place = place;
            let waiting = answers.reply_to_rejected();
            if !waiting.is_empty() {
                barrier.wait_until_visible().await;
                #[cfg(feature = "fault-injection")]
                hermes_fault::pass(hermes_fault::Point::AfterBump);
            }
            for (job, answer) in waiting {
                job.answer(answer);
            }
        });
    }

    /// Waits until every batch is answered.
    pub async fn wait(&self) {
        let all = u32::try_from(MAX_UNACKNOWLEDGED_BATCHES).unwrap_or(u32::MAX);
        let _all = self.permits.acquire_many(all).await.ok();
    }
}

impl BatchReplies {
    /// BatchReplies those whose command was refused, and hands out those whose answer names a booking.
    fn reply_to_rejected(self) -> Vec<(PendingCommand, Result<Committed, SubmitError>)> {
        let head_seq = self.head_seq;
        let mut waiting = Vec::with_capacity(self.jobs.len());
        for (job, decision) in self.jobs.into_iter().zip(self.decisions) {
            match decision {
                Ok(outcome) => waiting.push((job, Ok(Committed { outcome, head_seq }))),
                Err(refusal @ Rejection::KeyReused { .. }) => {
                    waiting.push((job, Err(SubmitError::Refused(refusal))));
                }
                Err(refusal) => job.answer(Err(SubmitError::Refused(refusal))),
            }
        }
        waiting
    }
}
