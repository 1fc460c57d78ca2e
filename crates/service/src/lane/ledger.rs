//! The door to the lane.

use std::sync::Arc;
use std::time::Duration;

use hermes_domain::ledger::Submission;
use tokio::sync::{mpsc, oneshot, watch as channel};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

use super::batch::{Job, Queue};
use super::breaker::Breaker;
use super::carry_out::{CarryOut, Shown};
use super::figures::count;
use super::pace::Pace;
use super::watch::{self, GIVEN_UP_AFTER, Watched};
use super::{Committed, LaneParts, LaneSettings, SubmitError};

/// How long a caller waits at most: for a batch that is given up, and for its visibility.
const ANSWERED_WITHIN: Duration = GIVEN_UP_AFTER.saturating_add(Duration::from_secs(1));

/// A command is let in when it is expected to wait for no more than this part of the age at which it would be sent
/// away. The batch under way and its own come on top, and where the processors are busy too: a quarter became more than
/// a half.
const EXPECTED_PART_OF_AGE: u32 = 6;

/// Takes commands; cheap to clone.
#[derive(Clone)]
pub struct Ledger {
    queue: mpsc::Sender<Job>,
    stop: channel::Sender<bool>,
    breaker: Arc<Breaker>,
    pace: Arc<Pace>,
    expected_wait_max: Duration,
}

impl Ledger {
    /// Starts the lane's task; it ends after [`Self::close`], when everything queued is done.
    pub fn start(parts: LaneParts, settings: LaneSettings) -> (Self, JoinHandle<()>) {
        let (queue, receiver) = mpsc::channel(settings.queue_max);
        let (stop, stopped) = channel::channel(false);
        let breaker = Arc::new(Breaker::default());
        let pace = Arc::new(Pace::new(settings.batch_max));
        let lane = Lane {
            queue: Queue::new(receiver, stopped, settings),
            work: Arc::new(CarryOut::new(parts, Arc::clone(&pace))),
            breaker: Arc::clone(&breaker),
        };
        let task = tokio::spawn(lane.run());
        let expected_wait_max = settings.queue_age_max / EXPECTED_PART_OF_AGE;
        (Self { queue, stop, breaker, pace, expected_wait_max }, task)
    }

    /// Whether a command would be taken now, without sending one: under pressure it saves reading what would be
    /// refused anyway.
    ///
    /// # Errors
    /// The answer that the command would get.
    pub fn has_room(&self) -> Result<(), SubmitError> {
        // The lane closes the queue only when it comes back to it, which may take a batch.
        if *self.stop.borrow() {
            return Err(SubmitError::Stopping);
        }
        if !self.breaker.lets_in() {
            metrics::counter!("hermes_lane_shed_total", "reason" => "database").increment(1);
            return Err(SubmitError::Unavailable);
        }
        let queued = self.queue.max_capacity() - self.queue.capacity();
        if self.pace.wait_behind(queued) > self.expected_wait_max {
            metrics::counter!("hermes_lane_shed_total", "reason" => "wait").increment(1);
            return Err(SubmitError::Busy);
        }
        Ok(())
    }

    /// Has a command carried out and waits until every read shows it.
    ///
    /// # Errors
    /// When it was refused, or could not be carried out.
    pub async fn submit(&self, submission: Submission) -> Result<Committed, SubmitError> {
        self.has_room()?;
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
        // Every job is answered, except those of a batch that met a panic or was given up: it may have been
        // committed.
        match timeout(ANSWERED_WITHIN, answer).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) | Err(_) => Err(SubmitError::OutcomeUnknown),
        }
    }

    /// Whether the database takes writes, as far as the lane knows.
    pub fn takes_writes(&self) -> bool {
        self.breaker.takes_writes()
    }

    /// Takes no more commands; those in the queue are still carried out.
    pub fn close(&self) {
        self.stop.send_replace(true);
    }
}

/// The lane's task.
struct Lane {
    queue: Queue,
    work: Arc<CarryOut>,
    breaker: Arc<Breaker>,
}

impl Lane {
    async fn run(mut self) {
        loop {
            let batch = tokio::select! {
                biased;
                () = self.breaker.pause_is_over() => {
                    self.ask_again().await;
                    continue;
                }
                batch = self.queue.next_batch() => batch,
            };
            match batch {
                Some(batch) if self.breaker.pass() => self.carry_out(batch).await,
                Some(batch) => refuse(batch),
                None => break,
            }
        }
        self.work.settled().await;
    }

    async fn carry_out(&mut self, batch: Vec<Job>) {
        metrics::histogram!("hermes_lane_batch_commands").record(count(batch.len()));
        let commands = batch.len();
        let work = Arc::clone(&self.work);
        // In a task of its own, so that a panic costs the batch that it met and not the lane.
        let task = tokio::spawn(async move { work.carry_out(batch).await });
        match watch::watch(task, &mut self.queue, &self.breaker).await {
            Watched::Ended(Ok(Shown::Working)) => self.breaker.close(),
            Watched::Ended(Ok(Shown::Away)) => self.breaker.open("it did not take a batch"),
            Watched::Ended(Err(_)) => {
                metrics::counter!("hermes_lane_failed_total").increment(1);
                log::error!(commands; "a batch of {commands} commands met a panic; its outcome is unknown");
                self.breaker.close();
            }
            Watched::GivenUp => {
                metrics::counter!("hermes_lane_failed_total").increment(1);
                log::error!(commands; "a batch of {commands} commands is given up; its outcome is unknown");
            }
        }
    }

    /// Tries an empty batch.
    async fn ask_again(&mut self) {
        let work = Arc::clone(&self.work);
        let task = tokio::spawn(async move { work.try_empty().await });
        match watch::watch(task, &mut self.queue, &self.breaker).await {
            Watched::Ended(Ok(Shown::Working)) => self.breaker.answered(),
            Watched::Ended(_) | Watched::GivenUp => self.breaker.open("it takes no batch"),
        }
    }
}

/// Answers those who came in before it was known that the database takes no writes.
fn refuse(batch: Vec<Job>) {
    for job in batch {
        job.answer(Err(SubmitError::Unavailable));
    }
}
