//! The worker: queues and sends messages while it holds the lease.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use hermes_domain::access::ServerKey;
use hermes_domain::ports::{
    Clock, MailQueue, Mailer, Outbox, PaymentReader, ReceiptReader, RelayLease, StoreError,
};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use uuid::Uuid;

use super::cursor::Cursor;
use super::delivery::Delivery;
use super::reporter;
use crate::maintenance::delete_in_batches;
use crate::outbox::{CommitListener, CommitNotifier, HeldLease, until_stopped};

/// The longest wait of an idle worker, which then looks for messages that have become due.
const IDLE_WAIT_MAX: Duration = Duration::from_secs(1);
/// The delay after a database error.
const DATABASE_DELAY: Duration = Duration::from_millis(350);
/// How often metrics are recorded and old messages are deleted.
const HOUSEKEEPING_INTERVAL: Duration = Duration::from_secs(15);
/// How long sent messages are stored. Meanwhile, staff see them, and no message repeats what the payer was told.
const MESSAGE_RETENTION_DAYS: i64 = 90;

/// The dependencies of a worker.
#[derive(Clone)]
pub struct MailWorkerDeps {
    /// The source of the events.
    pub outbox: Arc<dyn Outbox>,
    /// The queue of messages, with the lease.
    pub queue: Arc<dyn MailQueue>,
    /// Reads the payment of a message.
    pub payments: Arc<dyn PaymentReader>,
    /// Reads the receipts of a cancelled payment.
    pub receipts: Arc<dyn ReceiptReader>,
    /// The mail server.
    pub mailer: Arc<dyn Mailer>,
    /// Notifies the worker of new commits.
    pub commits: CommitNotifier,
    /// The wall clock.
    pub clock: Arc<dyn Clock>,
    /// Derives the links of pages.
    pub server_key: ServerKey,
}

/// The configuration of a worker.
#[derive(Debug, Clone)]
pub struct MailWorkerConfig {
    /// The random id of this instance.
    pub holder: Uuid,
    /// How long a lease lasts unless renewed.
    pub lease_term: Duration,
    /// The URL of the portal, without a trailing slash.
    pub public_url: String,
}

/// Sends messages while it holds the lease.
pub struct MailWorker {
    deps: MailWorkerDeps,
    stopped: watch::Receiver<bool>,
    lease: HeldLease,
    cursor: Cursor,
    delivery: Delivery,
    housekeeping_at: Instant,
}

/// Stops a worker.
#[derive(Debug)]
pub struct MailWorkerHandle {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

/// What one step has found to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Worked,
    Idle,
}

impl MailWorker {
    /// Starts the worker's task.
    pub fn start(deps: MailWorkerDeps, config: MailWorkerConfig) -> MailWorkerHandle {
        let (stop, stopped) = watch::channel(false);
        let lease: Arc<dyn RelayLease> = deps.queue.clone();
        let worker = Self {
            lease: HeldLease::new(lease, config.holder, config.lease_term),
            cursor: Cursor::new(deps.outbox.clone(), deps.queue.clone(), deps.commits.clone()),
            delivery: Delivery::new(deps.clone(), config.public_url, stopped.clone()),
            deps,
            stopped,
            housekeeping_at: Instant::now(),
        };
        MailWorkerHandle { stop, task: tokio::spawn(worker.run()) }
    }

    async fn run(mut self) {
        reporter::record_holds_lease(false);
        while !self.is_stopped() {
            if self.acquire_or_renew().await {
                log::info!("this instance sends mail");
                reporter::record_holds_lease(true);
                self.send_while_leader().await;
                reporter::record_holds_lease(false);
            } else {
                self.pause(self.lease.retry_delay()).await;
            }
        }
        self.lease.release(None).await;
    }

    async fn acquire_or_renew(&mut self) -> bool {
        self.lease.acquire_or_renew(None, reporter::database_failed).await
    }

    /// Sends until the lease is lost or the worker is stopped.
    async fn send_while_leader(&mut self) {
        let mut commits = self.deps.commits.listen();
        self.cursor.reset();
        self.delivery.reset();
        while !self.is_stopped() {
            if !self.acquire_or_renew().await {
                log::info!("another instance sends mail");
                return;
            }
            commits.mark_seen();
            match self.step().await {
                Ok(Step::Worked) => {}
                Ok(Step::Idle) => self.wait_for_work(&mut commits).await,
                Err(error) => {
                    reporter::database_failed(&error);
                    self.cursor.reset();
                    self.pause(DATABASE_DELAY).await;
                }
            }
        }
    }

    /// Queues the messages of new events, then sends at most one message.
    async fn step(&mut self) -> Result<Step, StoreError> {
        self.delivery.record_last().await?;
        self.keep_house().await?;
        let queued = self.cursor.queue_events().await?;
        let delivered = self.delivery.deliver_next(&mut self.lease).await?;
        Ok(if queued == Step::Worked { queued } else { delivered })
    }

    /// Records metrics and deletes old messages, from time to time.
    async fn keep_house(&mut self) -> Result<(), StoreError> {
        if Instant::now() < self.housekeeping_at {
            return Ok(());
        }
        self.housekeeping_at = Instant::now() + HOUSEKEEPING_INTERVAL;
        let now = self.deps.clock.now();
        let queue = &self.deps.queue;
        reporter::record_status(&queue.mail_status().await?, now);
        let before = now - TimeDelta::days(MESSAGE_RETENTION_DAYS);
        delete_in_batches(|limit| queue.purge_messages(before, limit)).await.map(drop)
    }

    async fn wait_for_work(&mut self, commits: &mut CommitListener) {
        let deadline = self.lease.renew_at().min(Instant::now() + IDLE_WAIT_MAX);
        tokio::select! {
            () = commits.changed() => {}
            () = tokio::time::sleep_until(deadline) => {}
            () = until_stopped(&mut self.stopped) => {}
        }
    }

    async fn pause(&mut self, pause: Duration) {
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = until_stopped(&mut self.stopped) => {}
        }
    }

    fn is_stopped(&self) -> bool {
        *self.stopped.borrow()
    }
}

impl MailWorkerHandle {
    /// Lets the worker release the lease and end, without waiting for it. The worker finishes its current message, unless
    /// the mail server takes longer than two seconds.
    pub fn request_stop(&self) {
        self.stop.send_replace(true);
    }

    /// Like [`Self::request_stop`], and waits until the worker has ended.
    pub async fn stop(self) {
        self.request_stop();
        if self.task.await.is_err() {
            log::error!("the mail worker panicked");
        }
    }
}
