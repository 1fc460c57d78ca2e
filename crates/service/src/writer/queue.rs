//! The write queue: forms batches in arrival order and rejects expired commands.

use std::sync::{Arc, Mutex, PoisonError};

use hermes_domain::ledger::{Outcome, Submission};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

use super::{Committed, SubmitError, WriterConfig, saturating_u32};

/// The maximum size of the commands in one batch, in bytes of text. The rows written for them are a few times larger.
const MAX_BATCH_BYTES: usize = 1024 * 1024;

/// The reply to a command.
type Reply = Result<Committed<Outcome>, SubmitError>;

/// A queued command and the channel to its caller.
pub(super) struct PendingCommand {
    pub submission: Submission,
    pub caller: Caller,
    pub queued_at: Instant,
}

/// The channel to the caller of a command. The first reply counts. Clones share the channel.
#[derive(Clone)]
pub(super) struct Caller(Arc<Mutex<Option<oneshot::Sender<Reply>>>>);

impl Caller {
    /// Creates the channel. The receiver gets an error if every clone is dropped without a reply.
    pub fn new() -> (Self, oneshot::Receiver<Reply>) {
        let (sender, receiver) = oneshot::channel();
        (Self(Arc::new(Mutex::new(Some(sender)))), receiver)
    }

    /// Replies, unless the caller has a reply already or has disconnected.
    pub fn reply(&self, result: Reply) {
        let sender = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(sender) = sender {
            let _disconnected = sender.send(result);
        }
    }
}

impl PendingCommand {
    /// Replies to the caller.
    pub fn reply(self, result: Reply) {
        self.caller.reply(result);
    }

    fn is_exclusive(&self) -> bool {
        self.submission.command.requires_exclusive_batch()
    }
}

/// Replies to every command with the same error.
pub(super) fn reject_all(commands: impl IntoIterator<Item = PendingCommand>, error: &SubmitError) {
    for command in commands {
        command.reply(Err(error.clone()));
    }
}

/// The receiving side of the write queue.
pub(super) struct BatchQueue {
    receiver: mpsc::Receiver<PendingCommand>,
    stopped: watch::Receiver<bool>,
    config: WriterConfig,
    /// A received command that belongs to the next batch.
    carry_over: Option<PendingCommand>,
}

impl BatchQueue {
    pub fn new(
        receiver: mpsc::Receiver<PendingCommand>,
        stopped: watch::Receiver<bool>,
        config: WriterConfig,
    ) -> Self {
        Self { receiver, stopped, config, carry_over: None }
    }

    /// Waits for a command and returns it with the commands queued behind it, up to the limits of a batch.
    ///
    /// Returns `None` once the queue is closed and empty.
    pub async fn next_batch(&mut self) -> Option<Vec<PendingCommand>> {
        let mut batch = Vec::new();
        while batch.is_empty() {
            let first = self.next_command().await?;
            self.push_or_reject(&mut batch, first);
        }
        let mut bytes = batch.iter().map(|command| command.submission.text_bytes()).sum::<usize>();
        while batch.len() < self.config.batch_max && !batch.last().is_some_and(PendingCommand::is_exclusive) {
            let Ok(command) = self.receiver.try_recv() else { break };
            bytes = bytes.saturating_add(command.submission.text_bytes());
            if command.is_exclusive() || bytes > MAX_BATCH_BYTES {
                self.carry_over = Some(command);
                break;
            }
            self.push_or_reject(&mut batch, command);
        }
        metrics::gauge!("hermes_writer_queue_commands").set(saturating_u32(self.receiver.len()));
        Some(batch)
    }

    /// Rejects expired commands and preserves the order of the others.
    pub fn reject_expired(&mut self) {
        while let Some(command) = self.carry_over.take().or_else(|| self.receiver.try_recv().ok()) {
            if !self.is_expired(&command) {
                self.carry_over = Some(command);
                return;
            }
            reject_as_expired(command);
        }
    }

    async fn next_command(&mut self) -> Option<PendingCommand> {
        if let Some(command) = self.carry_over.take() {
            return Some(command);
        }
        tokio::select! {
            biased;
            () = until_stopped(&mut self.stopped), if !self.receiver.is_closed() => {
                self.receiver.close();
                self.receiver.recv().await
            }
            command = self.receiver.recv() => command,
        }
    }

    fn push_or_reject(&self, batch: &mut Vec<PendingCommand>, command: PendingCommand) {
        if self.is_expired(&command) {
            reject_as_expired(command);
        } else {
            batch.push(command);
        }
    }

    fn is_expired(&self, command: &PendingCommand) -> bool {
        Instant::now().duration_since(command.queued_at) > self.config.queue_age_max
    }
}

fn reject_as_expired(command: PendingCommand) {
    metrics::counter!("hermes_writer_shed_total", "reason" => "age").increment(1);
    command.reply(Err(SubmitError::Busy));
}

async fn until_stopped(stopped: &mut watch::Receiver<bool>) {
    // An error means that every `LedgerWriter` is dropped, which stops the task as well.
    let _reason = stopped.wait_for(|stop| *stop).await.map(|stop| *stop);
}
