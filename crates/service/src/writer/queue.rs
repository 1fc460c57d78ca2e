//! Taking commands out of the queue: as many as are there, in order.

use hermes_domain::ledger::Submission;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

use super::figures::count;
use super::{Committed, SubmitError, WriterConfig};

/// The most text of the commands of one batch, in bytes: what is written for them is a few times as much, and
/// the database gets it in a few statements.
const MAX_BATCH_BYTES: usize = 1024 * 1024;

/// A command with its caller.
pub(super) struct PendingCommand {
    pub submission: Submission,
    pub reply: oneshot::Sender<Result<Committed, SubmitError>>,
    pub queued_at: Instant,
}

impl PendingCommand {
    /// BatchReplies the caller; one that went away does not mind.
    pub fn answer(self, answer: Result<Committed, SubmitError>) {
        let _gone = self.reply.send(answer);
    }
}

/// The queue, from the lane's side.
pub(super) struct BatchQueue {
    receiver: mpsc::Receiver<PendingCommand>,
    stopped: watch::Receiver<bool>,
    settings: WriterConfig,
    /// A command that was taken out but belongs into the next batch.
    carry_over: Option<PendingCommand>,
}

impl BatchQueue {
    pub fn new(
        receiver: mpsc::Receiver<PendingCommand>,
        stopped: watch::Receiver<bool>,
        settings: WriterConfig,
    ) -> Self {
        Self { receiver, stopped, settings, carry_over: None }
    }

    /// Waits for a command and takes along what else is there; `None` when the queue is closed and empty.
    pub async fn next_batch(&mut self) -> Option<Vec<PendingCommand>> {
        let mut batch = Vec::new();
        while batch.is_empty() {
            let first = self.next_job().await?;
            self.add(&mut batch, first);
        }
        let mut bytes = batch.iter().map(|job| job.submission.text_bytes()).sum::<usize>();
        while batch.len() < self.settings.batch_max && !requires_exclusive_batch(&batch) {
            let Ok(job) = self.receiver.try_recv() else { break };
            bytes = bytes.saturating_add(job.submission.text_bytes());
            if job.submission.command.requires_exclusive_batch() || bytes > MAX_BATCH_BYTES {
                self.carry_over = Some(job);
                break;
            }
            self.add(&mut batch, job);
        }
        metrics::gauge!("hermes_writer_queue_commands").set(count(self.receiver.len()));
        Some(batch)
    }

    /// BatchReplies those who have waited too long, without taking the others out of order.
    pub fn reject_expired(&mut self) {
        while let Some(job) = self.carry_over.take().or_else(|| self.receiver.try_recv().ok()) {
            if self.is_expired(&job) {
                reject(job);
            } else {
                self.carry_over = Some(job);
                return;
            }
        }
    }

    async fn next_job(&mut self) -> Option<PendingCommand> {
        if let Some(job) = self.carry_over.take() {
            return Some(job);
        }
        tokio::select! {
            biased;
            () = until_stopped(&mut self.stopped), if !self.receiver.is_closed() => {
                self.receiver.close();
                self.receiver.recv().await
            }
            job = self.receiver.recv() => job,
        }
    }

    /// Adds a command, or sends it away when it has waited too long to be worth carrying out.
    fn add(&self, batch: &mut Vec<PendingCommand>, job: PendingCommand) {
        if self.is_expired(&job) {
            reject(job);
        } else {
            batch.push(job);
        }
    }

    fn is_expired(&self, job: &PendingCommand) -> bool {
        Instant::now().duration_since(job.queued_at) > self.settings.queue_age_max
    }
}

fn reject(job: PendingCommand) {
    metrics::counter!("hermes_writer_shed_total", "reason" => "age").increment(1);
    job.answer(Err(SubmitError::Busy));
}

async fn until_stopped(stopped: &mut watch::Receiver<bool>) {
    // An error says that every handle of the ledger is gone, which stops the lane as well.
    let _reason = stopped.wait_for(|stop| *stop).await.map(|stop| *stop);
}

fn requires_exclusive_batch(batch: &[PendingCommand]) -> bool {
    batch.last().is_some_and(|job| job.submission.command.requires_exclusive_batch())
}
