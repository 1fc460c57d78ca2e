//! [`LedgerWriter`], the handle that submits commands, and the task behind it.

use std::sync::Arc;
use std::time::Duration;

use hermes_domain::ledger::{
    ClockAgreement, Command, KeyCommand, KeyOutcome, Origin, Outcome, OutcomeMismatch, PaymentOutcome,
    ReceiptOutcome, Submission,
};
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinError, JoinHandle};
use tokio::time::{Instant, sleep, timeout};

use super::admission::WaitEstimator;
use super::batch_executor::{BatchExecutor, DatabaseHealth};
use super::circuit_breaker::CircuitBreaker;
use super::queue::{BatchQueue, Caller, PendingCommand, reject_all};
use super::{Committed, SubmitError, WriterConfig, WriterDeps, saturating_u32};
use crate::clock_monitor::ClockMonitor;

/// How often the writer rejects expired commands while a batch runs.
const EXPIRY_SWEEP_INTERVAL: Duration = Duration::from_millis(100);
/// A batch that runs longer than this opens the circuit breaker.
const SLOW_BATCH_THRESHOLD: Duration = Duration::from_secs(1);
/// How long the writer waits for a batch. A batch that times out still runs to its end, on its own connection.
const BATCH_TIMEOUT: Duration = Duration::from_secs(15);
/// How long a caller waits in the queue, for its batch, and for the visibility of the commit. The callers of a batch that
/// runs for longer than [`WriterConfig::batch_wait_max`] get their reply then.
const REPLY_TIMEOUT: Duration = BATCH_TIMEOUT.saturating_add(Duration::from_secs(1));

/// Admit a command only if its estimated queue wait is at most 1/6 of the age limit.
///
/// The estimate covers neither the running batch nor the command's own batch. In the `overload` benchmark on MariaDB,
/// admitted commands have a p99 of 204 ms with 1/6, and 276 ms with 1/4.
const ADMISSION_WAIT_DIVISOR: u32 = 6;

/// A handle that submits commands to the writer task. Cheap to clone.
#[derive(Clone)]
pub struct LedgerWriter {
    queue: mpsc::Sender<PendingCommand>,
    stop: watch::Sender<bool>,
    breaker: Arc<CircuitBreaker>,
    estimator: Arc<WaitEstimator>,
    clocks: Arc<ClockMonitor>,
    admitted_wait_max: Duration,
}

impl LedgerWriter {
    /// Starts the writer task. After [`Self::close`], the task executes the queued commands and ends.
    pub fn start(deps: WriterDeps, config: WriterConfig) -> (Self, JoinHandle<()>) {
        let (queue, receiver) = mpsc::channel(config.queue_max);
        let (stop, stopped) = watch::channel(false);
        let breaker = Arc::new(CircuitBreaker::new());
        let estimator = Arc::new(WaitEstimator::new(config.batch_max));
        let clocks = Arc::clone(&deps.clocks);
        let task = WriterTask {
            queue: BatchQueue::new(receiver, stopped, config),
            executor: Arc::new(BatchExecutor::new(deps, Arc::clone(&estimator))),
            breaker: Arc::clone(&breaker),
            batch_wait_max: config.batch_wait_max,
        };
        let admitted_wait_max = config.queue_age_max / ADMISSION_WAIT_DIVISOR;
        (Self { queue, stop, breaker, estimator, clocks, admitted_wait_max }, tokio::spawn(task.run()))
    }

    /// Checks whether a command would be admitted now. Under load, this saves parsing a request that would be rejected.
    ///
    /// # Errors
    /// The error that [`Self::submit`] would return.
    pub fn check_admission(&self) -> Result<(), SubmitError> {
        // The task closes the queue only after the current batch.
        if *self.stop.borrow() {
            return Err(SubmitError::Stopping);
        }
        if !self.breaker.allows_request() {
            metrics::counter!("hermes_writer_shed_total", "reason" => "database").increment(1);
            return Err(match self.clocks.agreement() {
                ClockAgreement::Unusable => SubmitError::ClockWrong,
                ClockAgreement::Agree | ClockAgreement::Differ => SubmitError::Unavailable,
            });
        }
        let queued = self.queue.max_capacity() - self.queue.capacity();
        if self.estimator.estimated_wait(queued) > self.admitted_wait_max {
            metrics::counter!("hermes_writer_shed_total", "reason" => "wait").increment(1);
            return Err(SubmitError::Busy);
        }
        Ok(())
    }

    /// Executes a command that changes a payment, and waits until every read shows its result.
    ///
    /// Dropping the future does not cancel the command.
    ///
    /// # Errors
    /// If the command is rejected, or cannot be executed.
    pub async fn submit(&self, submission: Submission) -> Result<Committed<PaymentOutcome>, SubmitError> {
        self.execute(submission).await
    }

    /// Executes a command that changes a receipt or a refund, and waits until every read shows its result.
    ///
    /// Dropping the future does not cancel the command.
    ///
    /// # Errors
    /// As [`Self::submit`].
    pub async fn submit_receipt(
        &self,
        submission: Submission,
    ) -> Result<Committed<ReceiptOutcome>, SubmitError> {
        self.execute(submission).await
    }

    /// Executes a command that changes an API key. Every instance applies the change within the staleness bound.
    ///
    /// # Errors
    /// As [`Self::submit`].
    pub async fn submit_key(
        &self,
        command: KeyCommand,
        origin: Origin,
    ) -> Result<Committed<KeyOutcome>, SubmitError> {
        self.execute(Submission { command: Command::Key(command), origin, idempotency: None }).await
    }

    async fn execute<O: TryFrom<Outcome, Error = OutcomeMismatch>>(
        &self,
        submission: Submission,
    ) -> Result<Committed<O>, SubmitError> {
        self.check_admission()?;
        let (caller, reply) = Caller::new();
        let command = PendingCommand { submission, caller, queued_at: Instant::now() };
        self.queue.try_send(command).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => {
                metrics::counter!("hermes_writer_shed_total", "reason" => "full").increment(1);
                SubmitError::Busy
            }
            mpsc::error::TrySendError::Closed(_) => SubmitError::Stopping,
        })?;
        #[cfg(feature = "fault-injection")]
        hermes_fault::hit(hermes_fault::FailPoint::AfterEnqueue);
        // A command gets no reply if its batch panicked. Such a command may have been committed.
        match timeout(REPLY_TIMEOUT, reply).await {
            Ok(Ok(result)) => result?.into_kind().map_err(|_| SubmitError::Internal),
            Ok(Err(_)) | Err(_) => Err(SubmitError::OutcomeUnknown),
        }
    }

    /// Returns whether the database accepts writes, as far as the writer knows.
    pub fn is_accepting_writes(&self) -> bool {
        self.breaker.is_accepting_writes()
    }

    /// Returns whether the clocks of this machine and of the database agreed when they were last compared.
    pub fn clock_agreement(&self) -> ClockAgreement {
        self.clocks.agreement()
    }

    /// Stops accepting commands. The task still executes the queued ones.
    pub fn close(&self) {
        self.stop.send_replace(true);
    }
}

/// The task that executes batches one after the other.
struct WriterTask {
    queue: BatchQueue,
    executor: Arc<BatchExecutor>,
    breaker: Arc<CircuitBreaker>,
    batch_wait_max: Duration,
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
                Some(batch) if self.breaker.try_acquire() => self.execute_batch(batch).await,
                Some(batch) => reject_all(batch, &SubmitError::Unavailable),
                None => break,
            }
        }
        self.executor.drain().await;
    }

    async fn execute_batch(&mut self, batch: Vec<PendingCommand>) {
        let commands = batch.len();
        metrics::histogram!("hermes_writer_batch_commands").record(saturating_u32(commands));
        let executor = Arc::clone(&self.executor);
        let callers: Vec<Caller> = batch.iter().map(|command| command.caller.clone()).collect();
        match self.supervise(callers, async move { executor.execute(batch).await }).await {
            Some(Ok(DatabaseHealth::Available)) => self.breaker.close(),
            Some(Ok(DatabaseHealth::Unavailable)) => {
                self.breaker.open("the database did not accept a batch");
            }
            Some(Err(_)) => {
                metrics::counter!("hermes_writer_failed_total").increment(1);
                log::error!(commands; "a batch of {commands} commands panicked; its outcome is unknown");
                self.breaker.close();
            }
            None => {
                metrics::counter!("hermes_writer_failed_total").increment(1);
                log::error!(commands; "a batch of {commands} commands timed out; its outcome is unknown");
            }
        }
    }

    async fn probe_database(&mut self) {
        let executor = Arc::clone(&self.executor);
        match self.supervise(Vec::new(), async move { executor.probe().await }).await {
            Some(Ok(DatabaseHealth::Available)) => self.breaker.on_probe_success(),
            _ => self.breaker.open("the database failed a probe"),
        }
    }

    /// Runs a batch in a task of its own. Returns its result, or `None` if the batch exceeds [`BATCH_TIMEOUT`] and still runs.
    ///
    /// The separate task confines a panic to the batch. While a batch is slow, expired commands are rejected and the
    /// breaker opens, so that no caller waits behind it. After [`WriterConfig::batch_wait_max`], the callers get
    /// [`SubmitError::OutcomeUnknown`]; the batch still runs to its end, and a retry with the same idempotency key finds the
    /// outcome.
    async fn supervise(
        &mut self,
        mut callers: Vec<Caller>,
        batch: impl Future<Output = DatabaseHealth> + Send + 'static,
    ) -> Option<Result<DatabaseHealth, JoinError>> {
        let mut task = tokio::spawn(batch);
        let started = Instant::now();
        loop {
            tokio::select! {
                biased;
                result = &mut task => return Some(result),
                () = sleep(EXPIRY_SWEEP_INTERVAL) => self.queue.reject_expired(),
            }
            let elapsed = started.elapsed();
            if elapsed >= BATCH_TIMEOUT {
                return None;
            }
            if elapsed >= SLOW_BATCH_THRESHOLD && self.breaker.is_accepting_writes() {
                self.breaker.open("the database does not respond");
            }
            if elapsed >= self.batch_wait_max {
                for caller in callers.drain(..) {
                    caller.reply(Err(SubmitError::OutcomeUnknown));
                }
            }
        }
    }
}
