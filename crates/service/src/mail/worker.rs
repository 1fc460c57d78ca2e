//! The worker: queues and sends messages while it holds the lease.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use hermes_domain::access::{PageSecret, ServerKey};
use hermes_domain::ledger::OutboxEvent;
use hermes_domain::mail::{MessageResult, Notice, PayerMessage, PayerNotice, WaitingMessage};
use hermes_domain::money::Money;
use hermes_domain::payment::{Payment, PaymentKey, Reference};
use hermes_domain::ports::{
    Clock, EventsAfter, MailError, MailOutage, MailQueue, Mailer, Outbox, PaymentReader, ReceiptFilter,
    ReceiptReader, RelayLease, StoreError, reader_limits,
};
use hermes_domain::receipt::RefundState;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use uuid::Uuid;

use super::address::{address_key, next_allowed};
use super::back_off::{POSTPONED_ATTEMPTS_MAX, outage_delay, postponed_delay};
use super::reporter;
use crate::maintenance::delete_in_batches;
use crate::outbox::{CommitListener, CommitNotifier, HeldLease, until_stopped};

/// The most events that one transaction adds to the queue.
const EVENTS_MAX: u64 = 256;
/// The longest wait of an idle worker, which then looks for messages that have become due.
const IDLE_WAIT_MAX: Duration = Duration::from_secs(1);
/// The delay after a database error.
const DATABASE_DELAY: Duration = Duration::from_millis(350);
/// How often metrics are recorded and old messages are deleted.
const HOUSEKEEPING_INTERVAL: Duration = Duration::from_secs(15);
/// How long sent messages are stored. The limit of messages to one address needs one hour.
const MESSAGE_RETENTION_DAYS: i64 = 7;
/// The number of events before the first, so that the cursor of an empty outbox is 0.
const NEVER_CONFIGURED: i64 = -1;

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
    /// How long a lease lasts unless renewed. Two thirds of it must exceed the longest call of the mailer.
    pub lease_term: Duration,
    /// The URL of the portal, without a trailing slash.
    pub public_url: String,
}

/// Sends messages while it holds the lease.
pub struct MailWorker {
    deps: MailWorkerDeps,
    public_url: String,
    stopped: watch::Receiver<bool>,
    lease: HeldLease,
    /// The cursor; `None` if it must be read again.
    cursor: Option<i64>,
    /// A message whose result could not be recorded yet. It must not be sent again.
    unrecorded: Option<(i64, MessageResult)>,
    outage: Option<Outage>,
    housekeeping_at: Instant,
}

/// An outage of the mail server, as seen by this worker.
struct Outage {
    began: Instant,
    failures: u32,
    retry_at: Instant,
}

/// Stops a worker.
#[derive(Debug)]
pub struct MailWorkerHandle {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

/// What one step has found to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
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
            deps,
            public_url: config.public_url,
            stopped,
            cursor: None,
            unrecorded: None,
            outage: None,
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
        while !self.is_stopped() {
            if !self.acquire_or_renew().await {
                log::info!("another instance sends mail");
                self.cursor = None;
                return;
            }
            commits.mark_seen();
            match self.step().await {
                Ok(Step::Worked) => {}
                Ok(Step::Idle) => self.wait_for_work(&mut commits).await,
                Err(error) => {
                    reporter::database_failed(&error);
                    self.cursor = None;
                    self.pause(DATABASE_DELAY).await;
                }
            }
        }
    }

    /// Queues the messages of new events, then sends at most one message.
    async fn step(&mut self) -> Result<Step, StoreError> {
        if let Some((event_seq, result)) = &self.unrecorded {
            self.deps.queue.finish(*event_seq, result, self.deps.clock.now()).await?;
            self.unrecorded = None;
        }
        self.keep_house().await?;
        let queued = self.queue_events().await?;
        if self.outage.as_ref().is_some_and(|outage| Instant::now() < outage.retry_at) {
            return Ok(queued);
        }
        match self.deps.queue.next_message(self.deps.clock.now()).await? {
            Some(message) => self.deliver(&message).await.map(|()| Step::Worked),
            None => Ok(queued),
        }
    }

    /// Adds the messages of the next events to the queue.
    async fn queue_events(&mut self) -> Result<Step, StoreError> {
        let cursor = match self.cursor {
            Some(cursor) => cursor,
            None => self.deps.queue.relay_status().await?.published_seq,
        };
        self.cursor = Some(cursor);
        if cursor == NEVER_CONFIGURED {
            let newest = self.deps.outbox.newest_event().await?;
            log::info!("mail begins with the changes after event {newest}");
            return self.advance(cursor, newest, &[]).await;
        }
        if cursor == self.deps.commits.newest() {
            return Ok(Step::Idle);
        }
        match self.deps.outbox.events_after(Some(cursor), EVENTS_MAX).await? {
            EventsAfter::Events(events) => {
                let Some(last) = events.last().map(|event| event.seq) else { return Ok(Step::Idle) };
                let addressed = |event: OutboxEvent| {
                    let notice = PayerNotice::from_event(&event)?;
                    Some((event, notice.reference))
                };
                let messages: Vec<_> = events.into_iter().filter_map(addressed).collect();
                self.advance(cursor, last, &messages).await
            }
            EventsAfter::OutOfRange { oldest, newest } => {
                let next = if oldest > cursor { oldest - 1 } else { newest };
                log::error!(
                    "no mail about the events after {cursor} up to {next}: the outbox does not have them"
                );
                self.advance(cursor, next, &[]).await
            }
        }
    }

    async fn advance(
        &mut self,
        from: i64,
        to: i64,
        messages: &[(OutboxEvent, Reference)],
    ) -> Result<Step, StoreError> {
        let is_moved = self.deps.queue.enqueue(from, to, messages).await?;
        // Otherwise another instance has moved the cursor.
        self.cursor = is_moved.then_some(to);
        Ok(Step::Worked)
    }

    /// Sends one message and records the result.
    async fn deliver(&mut self, message: &WaitingMessage) -> Result<(), StoreError> {
        let key = PaymentKey::Reference(message.reference);
        let payment = self.deps.payments.find(&key).await?;
        let payment = payment.filter(|payment| !payment.details.email.is_empty());
        let (Some(payment), Some(notice)) = (payment, PayerNotice::from_event(&message.event)) else {
            return self.finish(message.event.seq, MessageResult::Dropped).await;
        };
        let address_key = address_key(&self.deps.server_key, &payment);
        let now = self.deps.clock.now();
        if let Some(allowed_at) = next_allowed(self.deps.queue.as_ref(), &address_key, now).await? {
            return self.deps.queue.postpone(message.event.seq, allowed_at, message.attempts).await;
        }
        let notice = self.with_held(notice.notice, &payment).await?;
        match self.send(message, notice, &payment).await {
            Ok(()) => {
                // A crash here repeats the message, under the same Message-ID.
                self.record_reachable().await;
                reporter::record_sent();
                self.finish(message.event.seq, MessageResult::Sent { address_key }).await
            }
            Err(MailError::Rejected(reason)) => {
                self.record_reachable().await;
                self.reject(message, reason).await
            }
            Err(MailError::Postponed(reason)) => {
                self.record_reachable().await;
                self.postpone(message, reason, now).await
            }
            Err(error @ MailError::Unavailable(_)) => self.record_outage(&error).await,
        }
    }

    /// Adds the refunds that are due to the message about a cancellation, whose event does not have them.
    async fn with_held(&self, notice: Notice, payment: &Payment) -> Result<Notice, StoreError> {
        let Notice::Cancelled { held } = notice else { return Ok(notice) };
        let filter = ReceiptFilter { payment: Some(payment.id), ..ReceiptFilter::default() };
        let receipts = self.deps.receipts.list_receipts(&filter, None, reader_limits::PAGE_MAX).await?;
        let refunds = receipts.iter().flat_map(|receipt| receipt.refunds_of(payment.id));
        let mut due = refunds.filter(|refund| refund.state != RefundState::Sent).map(|refund| refund.amount);
        // The sum is at most what the receipts contain.
        let held = due.try_fold(held, Money::checked_add).unwrap_or(held);
        Ok(Notice::Cancelled { held })
    }

    async fn send(
        &self,
        message: &WaitingMessage,
        notice: Notice,
        payment: &Payment,
    ) -> Result<(), MailError> {
        let secret = PageSecret::derive(&self.deps.server_key, payment);
        let page_url = format!("{}/payment/{}/{secret}", self.public_url, payment.reference);
        let message = PayerMessage { event: &message.event, notice, payment, page_url: &page_url };
        self.deps.mailer.send(&message).await
    }

    async fn postpone(
        &mut self,
        message: &WaitingMessage,
        reason: String,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let attempts = message.attempts.saturating_add(1);
        if attempts >= POSTPONED_ATTEMPTS_MAX {
            return self.reject(message, reason).await;
        }
        metrics::counter!("hermes_mail_postponed_total").increment(1);
        self.deps.queue.postpone(message.event.seq, now + postponed_delay(attempts), attempts).await
    }

    async fn reject(&mut self, message: &WaitingMessage, reason: String) -> Result<(), StoreError> {
        reporter::rejected(message.reference);
        self.finish(message.event.seq, MessageResult::Rejected { reason }).await
    }

    /// Records how a message ended. If the database fails, [`Self::step`] tries again before it sends anything.
    async fn finish(&mut self, event_seq: i64, result: MessageResult) -> Result<(), StoreError> {
        let recorded = self.deps.queue.finish(event_seq, &result, self.deps.clock.now()).await;
        if recorded.is_err() {
            self.unrecorded = Some((event_seq, result));
        }
        recorded
    }

    async fn record_outage(&mut self, error: &MailError) -> Result<(), StoreError> {
        let now = Instant::now();
        let failures = self.outage.as_ref().map_or(1, |outage| outage.failures.saturating_add(1));
        let delay = outage_delay(failures);
        reporter::unavailable(error, failures == 1, delay);
        let began = self.outage.as_ref().map_or(now, |outage| outage.began);
        self.outage = Some(Outage { began, failures, retry_at: now + delay });
        let lasted = TimeDelta::from_std(now - began).unwrap_or_default();
        let since = self.deps.clock.now() - lasted;
        self.deps.queue.record_outage(Some(&MailOutage { since, error: error.to_string() })).await
    }

    /// Records that the mail server responds. A database error only delays this until the next message.
    async fn record_reachable(&mut self) {
        metrics::gauge!("hermes_mail_up").set(1);
        let Some(outage) = &self.outage else { return };
        reporter::recovered(outage.began.elapsed());
        match self.deps.queue.record_outage(None).await {
            Ok(()) => self.outage = None,
            Err(error) => reporter::database_failed(&error),
        }
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
    /// Lets the worker finish its current message, release the lease and end, without waiting for it.
    pub fn request_stop(&self) {
        self.stop.send_replace(true);
    }

    /// Lets the worker finish its current message, release the lease and end.
    pub async fn stop(self) {
        self.request_stop();
        if self.task.await.is_err() {
            log::error!("the mail worker panicked");
        }
    }
}
