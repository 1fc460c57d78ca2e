//! Answering the callers of a batch once every read shows it, while the lane goes on with the next one.

use std::sync::Arc;

use hermes_domain::ledger::{Outcome, Refusal};
use tokio::sync::Semaphore;

use super::batch::Job;
use super::{Barrier, Committed, SubmitError};

/// The most batches that wait to become visible; only a cache that is away makes it more than one or two.
const SETTLING_MAX: usize = 1_024;

/// A decided batch with its callers.
pub(super) struct Answers {
    pub jobs: Vec<Job>,
    pub decisions: Vec<Result<Outcome, Refusal>>,
    pub head_seq: i64,
}

/// The batches that are committed and not yet answered.
pub(super) struct Settling {
    places: Arc<Semaphore>,
}

impl Default for Settling {
    fn default() -> Self {
        Self { places: Arc::new(Semaphore::new(SETTLING_MAX)) }
    }
}

impl Settling {
    /// Makes a batch visible and answers it, in a task of its own.
    ///
    /// A replay needs the barrier as well: the batch that carried it out may belong to an instance that died before
    /// its own. So does the refusal that names the booking a key stands for. Other refusals tell of nothing that a
    /// read could miss.
    pub async fn give(&self, answers: Answers, barrier: Arc<dyn Barrier>) {
        // The semaphore is never closed, so a missing permit cannot happen.
        let place = Arc::clone(&self.places).acquire_owned().await.ok();
        tokio::spawn(async move {
            let _place = place;
            let waiting = answers.tell_the_refused();
            if !waiting.is_empty() {
                barrier.make_visible().await;
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
        let all = u32::try_from(SETTLING_MAX).unwrap_or(u32::MAX);
        let _all = self.places.acquire_many(all).await.ok();
    }
}

impl Answers {
    /// Answers those whose command was refused, and hands out those whose answer names a booking.
    fn tell_the_refused(self) -> Vec<(Job, Result<Committed, SubmitError>)> {
        let head_seq = self.head_seq;
        let mut waiting = Vec::with_capacity(self.jobs.len());
        for (job, decision) in self.jobs.into_iter().zip(self.decisions) {
            match decision {
                Ok(outcome) => waiting.push((job, Ok(Committed { outcome, head_seq }))),
                Err(refusal @ Refusal::KeyReused { .. }) => {
                    waiting.push((job, Err(SubmitError::Refused(refusal))));
                }
                Err(refusal) => job.answer(Err(SubmitError::Refused(refusal))),
            }
        }
        waiting
    }
}
