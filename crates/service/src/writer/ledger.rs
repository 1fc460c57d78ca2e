//! The door to the lane.

use std::sync::Arc;
use std::time::Duration;

use hermes_domain::ledger::Submission;
use tokio::sync::{mpsc, oneshot, watch as channel};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

use super::admission::WaitEstimator;
use super::batch_executor::{BatchExecutor, DatabaseHealth};
use super::circuit_breaker::CircuitBreaker;
use super::figures::count;
use super::queue::{BatchQueue, PendingCommand};
use super::supervise::{self, BATCH_TIMEOUT, BatchRun};
use super::{Committed, SubmitError, WriterConfig, WriterDeps};

/// How long a caller waits at most: for a batch that is given up, and for its visibility.
const REPLY_TIMEOUT: Duration = BATCH_TIMEOUT.saturating_add(Duration::from_secs(1));

/// A command is let in when it is expected to wait for no more than this part of the age at which it would be sent
/// away. The batch under way and its own come on top, and where the processors are busy too: a quarter became more than
/// a half.
const ADMISSION_WAIT_DIVISOR: u32 = 6;

/// Takes commands; cheap to clone.
#[derive(Clone)]
pub struct LedgerWriter {
    queue: mpsc::Sender<PendingCommand>,
    stop: channel::Sender<bool>,
    breaker: Arc<CircuitBreaker>,
    estimator: Arc<WaitEstimator>,
    expected_wait_max: Duration,
}

impl LedgerWriter {
    /// Starts the lane's task; it ends after [`Self::close`], when everything queued is done.
    pub fn start(parts: WriterDeps, settings: WriterConfig) -> (Self, JoinHandle<()>) {
        let (queue, receiver) = mpsc::channel(settings.queue_max);
        let (stop, stopped) = channel::channel(false);
        let breaker = Arc::new(CircuitBreaker::default());
        let estimator = Arc::new(WaitEstimator::new(settings.batch_max));
        let lane = WriterTask {
            queue: BatchQueue::new(receiver, stopped, settings),
            work: Arc::new(BatchExecutor::new(parts, Arc::clone(&estimator))),
            breaker: Arc::clone(&breaker),
        };
        let task = tokio::spawn(lane.run());
        let expected_wait_max = settings.queue_age_max / ADMISSION_WAIT_DIVISOR;
        (Self { queue, stop, breaker, estimator, expected_wait_max }, task)
    }

    /// Whether a command would be taken now, without sending one: under pressure it saves reading what would be
    /// refused anyway.
    ///
    /// # Errors
    /// The answer that the command would get.
    pub fn check_admission(&self) -> Result<(), SubmitError> {
        // The lane closes the queue only when it comes back to it, which may take a batch.
        if *self.stop.borrow() {
            return Err(SubmitError::Stopping);
        }
        if !self.breaker.allows_request() {
            metrics::counter!("hermes_writer_shed_total", "reason" => "database").increment(1);
            return Err(SubmitError::Unavailable);
        }
        let queued = self.queue.max_capacity() - self.queue.capacity();
        if self.estimator.estimated_wait(queued) > self.expected_wait_max {
            metrics::counter!("hermes_writer_shed_total", "reason" => "wait").increment(1);
            return Err(SubmitError::Busy);
        }
        Ok(())
    }

    /// Has a command carried out and waits until every read shows it.
    ///
    /// # Errors
    /// When it was refused, or could not be carried out.
    pub async fn submit(&self, submission: Submission) -> Result<Committed, SubmitError> {
        self.check_admission()?;
        let (reply, answer) = oneshot::channel();
        let job = PendingCommand { submission, reply, queued_at: Instant::now() };
        self.queue.try_send(job).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => {
                metrics::counter!("hermes_writer_shed_total", "reason" => "full").increment(1);
                SubmitError::Busy
            }
            mpsc::error::TrySendError::Closed(_) => SubmitError::Stopping,
        })?;
        #[cfg(feature = "fault-injection")]
        hermes_fault::pass(hermes_fault::Point::AfterQueueing);
        // Every job is answered, except those of a batch that met a panic or was given up: it may have been
        // committed.
        match timeout(REPLY_TIMEOUT, answer).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) | Err(_) => Err(SubmitError::OutcomeUnknown),
        }
    }

    /// Whether the database takes writes, as far as the lane knows.
    pub fn is_accepting_writes(&self) -> bool {
        self.breaker.is_accepting_writes()
    }

    /// Takes no more commands; those in the queue are still carried out.
    pub fn close(&self) {
        self.stop.send_replace(true);
    }
}

/// The lane's task.
struct WriterTask {
    queue: BatchQueue,
    work: Arc<BatchExecutor>,
    breaker: Arc<CircuitBreaker>,
}

impl WriterTask {
    async fn run(mut self) {
        loop {
            let batch = tokio::select! {
                biased;
                () = self.breaker.until_probe_due() => {
                    self.probe_database().await;
                    continue;
                }
                batch = self.queue.next_batch() => batch,
            };
            match batch {
                Some(batch) if self.breaker.try_acquire() => self.execute(batch).await,
                Some(batch) => refuse(batch),
                None => break,
            }
        }
        self.work.drain().await;
    }

    async fn execute(&mut self, batch: Vec<PendingCommand>) {
        metrics::histogram!("hermes_writer_batch_commands").record(count(batch.len()));
        let commands = batch.len();
        let work = Arc::clone(&self.work);
        // In a task of its own, so that a panic costs the batch that it met and not the lane.
        let task = tokio::spawn(async move { work.execute(batch).await });
        match supervise::supervise(task, &mut self.queue, &self.breaker).await {
            BatchRun::Finished(Ok(DatabaseHealth::Available)) => self.breaker.close(),
            BatchRun::Finished(Ok(DatabaseHealth::Unavailable)) => {
                self.breaker.open("it did not take a batch")
            }
            BatchRun::Finished(Err(_)) => {
                metrics::counter!("hermes_writer_failed_total").increment(1);
                log::error!(commands; "a batch of {commands} commands met a panic; its outcome is unknown");
                self.breaker.close();
            }
            BatchRun::TimedOut => {
                metrics::counter!("hermes_writer_failed_total").increment(1);
                log::error!(commands; "a batch of {commands} commands is given up; its outcome is unknown");
            }
        }
    }

    /// Tries an empty batch.
    async fn probe_database(&mut self) {
        let work = Arc::clone(&self.work);
        let task = tokio::spawn(async move { work.probe().await });
        match supervise::supervise(task, &mut self.queue, &self.breaker).await {
            BatchRun::Finished(Ok(DatabaseHealth::Available)) => self.breaker.on_probe_success(),
            BatchRun::Finished(_) | BatchRun::TimedOut => self.breaker.open("it takes no batch"),
        }
    }
}

/// BatchReplies those who came in before it was known that the database takes no writes.
fn refuse(batch: Vec<PendingCommand>) {
    for job in batch {
        job.answer(Err(SubmitError::Unavailable));
    }
}
