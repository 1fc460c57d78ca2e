//! The door to the lane.

use std::time::Instant;

use hermes_domain::ledger::Submission;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

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
        let (reply, answer) = oneshot::channel();
        let job = Job {
            submission,
            reply,
            queued_at: Instant::now(),
        };
        self.queue.try_send(job).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => {
                metrics::counter!("hermes_lane_shed_total", "reason" => "full").increment(1);
                SubmitError::Busy
            }
            mpsc::error::TrySendError::Closed(_) => SubmitError::Stopping,
        })?;
        // The lane answers every job; only a panic in the lane could leave one without an answer.
        answer.await.unwrap_or(Err(SubmitError::OutcomeUnknown))
    }

    /// Takes no more commands; those in the queue are still carried out.
    pub fn close(&self) {
        self.stop.send_replace(true);
    }
}

async fn run(mut queue: Queue, work: CarryOut) {
    while let Some(batch) = queue.next_batch().await {
        metrics::histogram!("hermes_lane_batch_commands").record(count(batch.len()));
        work.carry_out(batch).await;
    }
    work.settled().await;
}
