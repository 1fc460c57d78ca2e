//! The door to the lane.

use std::sync::Arc;

use hermes_domain::ledger::Submission;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::batch::{Job, Queue};
use super::carry_out::CarryOut;
use super::figures::count;
use super::{Committed, LaneParts, LaneSettings, SubmitError};

/// Takes commands; cheap to clone.
#[derive(Clone)]
pub struct Ledger {
    queue: mpsc::Sender<Job>,
    stop: watch::Sender<bool>,
}

impl Ledger {
    /// Starts the lane's task; it ends after [`Self::close`], when everything queued is done.
    pub fn start(parts: LaneParts, settings: LaneSettings) -> (Self, JoinHandle<()>) {
        let (queue, receiver) = mpsc::channel(settings.queue_max);
        let (stop, stopped) = watch::channel(false);
        let work = CarryOut::new(parts);
        let task = tokio::spawn(run(Queue::new(receiver, stopped, settings), work));
        (Self { queue, stop }, task)
    }

    /// Has a command carried out and waits until every read shows it.
    ///
    /// # Errors
    /// When it was refused, or could not be carried out.
    pub async fn submit(&self, submission: Submission) -> Result<Committed, SubmitError> {
        // The lane closes the queue only when it comes back to it, which may take a batch.
        if *self.stop.borrow() {
            return Err(SubmitError::Stopping);
        }
        let (reply, answer) = oneshot::channel();
        let job = Job { submission, reply, queued_at: Instant::now() };
        self.queue.try_send(job).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => {
                metrics::counter!("hermes_lane_shed_total", "reason" => "full").increment(1);
                SubmitError::Busy
            }
            mpsc::error::TrySendError::Closed(_) => SubmitError::Stopping,
        })?;
        #[cfg(feature = "fault-injection")]
        hermes_fault::pass(hermes_fault::Point::AfterQueueing);
        // Every job is answered, except those of a batch that met a panic: it may have been committed.
        answer.await.unwrap_or(Err(SubmitError::OutcomeUnknown))
    }

    /// Takes no more commands; those in the queue are still carried out.
    pub fn close(&self) {
        self.stop.send_replace(true);
    }
}

async fn run(mut queue: Queue, work: CarryOut) {
    let work = Arc::new(work);
    while let Some(batch) = queue.next_batch().await {
        metrics::histogram!("hermes_lane_batch_commands").record(count(batch.len()));
        let commands = batch.len();
        let work = Arc::clone(&work);
        // In a task of its own, so that a panic costs the batch that it met and not the lane.
        let carried_out = tokio::spawn(async move { work.carry_out(batch).await }).await;
        if carried_out.is_err() {
            metrics::counter!("hermes_lane_failed_total").increment(1);
            log::error!(commands; "a batch of {commands} commands met a panic; its outcome is unknown");
        }
    }
    work.settled().await;
}
