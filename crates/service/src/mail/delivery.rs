//! The delivery: sends the first due message of the queue and records the result.

use std::pin::pin;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use hermes_domain::access::PageSecret;
use hermes_domain::ledger::{AuditEntry, Digest, EventKind, OutboxEvent};
use hermes_domain::mail::{
    MessageResult, Notice, PayerMessage, PayerNotice, STATE_EVENTS, TAKEN_BACK_DELAY_MINUTES, WaitingMessage,
};
use hermes_domain::money::Money;
use hermes_domain::payment::{Payment, PaymentKey};
use hermes_domain::ports::{MailError, ReceiptFilter, StoreError, reader_limits};
use hermes_domain::receipt::RefundState;
use tokio::sync::watch;
use tokio::time::{sleep, sleep_until};

use super::address::{address_key, next_allowed};
use super::back_off::{INTERRUPTIONS_MAX, POSTPONED_ATTEMPTS_MAX, postponed_delay};
use super::outage::{self, Outage};
use super::reporter;
use super::worker::{MailWorkerDeps, Step};
use crate::outbox::{HeldLease, until_stopped};

/// How long a stopped worker waits for the mail server. The process closes the database soon afterwards.
const STOP_TIME: Duration = Duration::from_secs(2);

/// Sends messages, one after the other.
pub(super) struct Delivery {
    deps: MailWorkerDeps,
    public_url: String,
    stopped: watch::Receiver<bool>,
    /// A message whose result could not be recorded yet. It must not be sent again.
    unrecorded: Option<(i64, MessageResult)>,
    outage: Option<Outage>,
    /// Whether [`Self::outage`] is what the database has. Another instance may have changed it.
    has_outage: bool,
    /// The message at which the mail server failed, and how often in a row.
    interrupted: (i64, u32),
}

/// A message with what is needed to send it.
struct Addressed {
    payment: Payment,
    notice: Notice,
    address_key: Digest,
}

impl Delivery {
    pub fn new(deps: MailWorkerDeps, public_url: String, stopped: watch::Receiver<bool>) -> Self {
        let (outage, has_outage, interrupted) = (None, false, (0, 0));
        Self { deps, public_url, stopped, unrecorded: None, outage, has_outage, interrupted }
    }

    /// Forgets the outage, because another instance may end it.
    pub fn reset(&mut self) {
        self.has_outage = false;
    }

    /// Records the result that could not be recorded, if there is one.
    pub async fn record_last(&mut self) -> Result<(), StoreError> {
        if let Some((event_seq, result)) = &self.unrecorded {
            self.deps.queue.finish(*event_seq, result, self.deps.clock.now()).await?;
            self.unrecorded = None;
        }
        Ok(())
    }

    /// Sends the first due message, unless the mail server is down.
    pub async fn deliver_next(&mut self, lease: &mut HeldLease) -> Result<Step, StoreError> {
        if !self.has_outage {
            self.outage = Outage::load(self.deps.queue.as_ref()).await?;
            self.has_outage = true;
        }
        if self.outage.as_ref().is_some_and(Outage::is_waiting) {
            return Ok(Step::Idle);
        }
        let Some(message) = self.deps.queue.next_message(self.deps.clock.now()).await? else {
            self.check_server(lease).await?;
            return Ok(Step::Idle);
        };
        self.deliver(&message, lease).await.map(|()| Step::Worked)
    }

    async fn deliver(&mut self, message: &WaitingMessage, lease: &mut HeldLease) -> Result<(), StoreError> {
        let Some(addressed) = self.prepare(message).await? else {
            return self.finish(message, MessageResult::Dropped).await;
        };
        let now = self.deps.clock.now();
        if let Some(until) = self.wait_until(message, &addressed, now).await? {
            return self.deps.queue.postpone(message.event.seq, until, message.attempts).await;
        }
        if !lease.acquire_or_renew(None, reporter::database_failed).await {
            return Ok(());
        }
        let Some(sent) = self.send(message, &addressed, lease).await else {
            reporter::abandoned();
            return Ok(());
        };
        match sent {
            Ok(()) => {
                // A crash here repeats the message, under the same Message-ID.
                self.record_reachable(now).await;
                reporter::record_sent();
                let address_key = addressed.address_key;
                self.finish(message, MessageResult::Sent { address_key }).await
            }
            Err(MailError::Rejected(reason)) => {
                self.record_reachable(now).await;
                self.reject(message, reason).await
            }
            Err(MailError::Invalid(reason)) => self.reject(message, reason).await,
            Err(MailError::Postponed(reason)) => {
                self.record_reachable(now).await;
                self.postpone(message, reason, now).await
            }
            Err(error @ MailError::Unavailable(_)) => self.record_failure(&error, now).await,
            Err(MailError::Interrupted(reason)) => self.interrupt(message, reason, now).await,
        }
    }

    /// Reads the payment and decides what the message says; `None` if there is nobody to tell, or nothing new.
    async fn prepare(&self, message: &WaitingMessage) -> Result<Option<Addressed>, StoreError> {
        let payment = self.deps.payments.find(&PaymentKey::Reference(message.reference)).await?;
        let payment = payment.filter(|payment| !payment.details.email.is_empty());
        let (Some(payment), Some(PayerNotice { notice, .. })) =
            (payment, PayerNotice::from_event(&message.event))
        else {
            return Ok(None);
        };
        let address_key = address_key(&self.deps.server_key, &payment);
        let told = self.last_told(message, notice, &address_key).await?;
        let Some(notice) = notice.after(told) else { return Ok(None) };
        if matches!(notice, Notice::TakenBack { .. }) && !notice.is_current(&payment) {
            return Ok(None);
        }
        let notice = self.with_money(notice, &payment).await?;
        Ok(Some(Addressed { payment, notice, address_key }))
    }

    /// Returns what the address was last told about the state of the payment.
    ///
    /// An excess that goes back is not told. Another excess of the same amount afterwards is new.
    async fn last_told(
        &self,
        message: &WaitingMessage,
        notice: Notice,
        address_key: &Digest,
    ) -> Result<Option<Notice>, StoreError> {
        let event_type = message.event.event_type.as_str();
        let is_first = event_type == EventKind::PaymentBooked.as_str();
        if is_first || !STATE_EVENTS.contains(&event_type) {
            return Ok(None);
        }
        let notice_of = |event: OutboxEvent| PayerNotice::from_event(&event).map(|told| told.notice);
        let told = self.deps.queue.last_told(message.reference, address_key).await?.and_then(notice_of);
        if told.is_some() && notice.is_overpaid() {
            let state = self.deps.queue.last_state(message.reference).await?.and_then(notice_of);
            return Ok(state.filter(|state| matches!(state, Notice::Paid { .. })).or(told));
        }
        Ok(told)
    }

    /// Adds the refunds that are due, or the money that became credit, to the message about a cancellation. Its event has
    /// neither.
    async fn with_money(&self, notice: Notice, payment: &Payment) -> Result<Notice, StoreError> {
        let Notice::Cancelled { held, kept } = notice else { return Ok(notice) };
        let filter = ReceiptFilter { payment: Some(payment.id), ..ReceiptFilter::default() };
        let receipts = self.deps.receipts.list_receipts(&filter, None, reader_limits::PAGE_MAX).await?;
        let refunds = receipts.iter().flat_map(|receipt| receipt.refunds_of(payment.id));
        let mut due = refunds.filter(|refund| refund.state != RefundState::Sent).map(|refund| refund.amount);
        // The sum is at most what the receipts contain.
        let held = due.try_fold(held, Money::checked_add).unwrap_or(held);
        if payment.cancelled_at.is_none()
            || receipts.iter().any(|receipt| receipt.has_refund_of_cancellation(payment))
        {
            return Ok(Notice::Cancelled { held, kept });
        }
        let rows = self.deps.payments.audit_of(payment.id, 0, reader_limits::PAGE_MAX).await?;
        let cancellation = rows.into_iter().rev().find(AuditEntry::is_cancellation);
        let kept =
            cancellation.and_then(|row| row.payment_before()).map_or(kept, |before| before.amount_received);
        Ok(Notice::Cancelled { held, kept })
    }

    /// Returns until when a message waits; `None` if it may be sent now.
    async fn wait_until(
        &self,
        message: &WaitingMessage,
        addressed: &Addressed,
        now: DateTime<Utc>,
    ) -> Result<Option<DateTime<Utc>>, StoreError> {
        let until = message.event.occurred_at + TimeDelta::minutes(TAKEN_BACK_DELAY_MINUTES);
        if matches!(addressed.notice, Notice::TakenBack { .. }) && now < until {
            return Ok(Some(until));
        }
        next_allowed(self.deps.queue.as_ref(), &addressed.address_key, now).await
    }

    /// Sends a message. Returns `None` if the worker is stopped meanwhile.
    async fn send(
        &self,
        message: &WaitingMessage,
        addressed: &Addressed,
        lease: &mut HeldLease,
    ) -> Option<Result<(), MailError>> {
        let Addressed { payment, notice, .. } = addressed;
        let secret = PageSecret::derive(&self.deps.server_key, payment);
        let page_url = format!("{}/payment/{}/{secret}", self.public_url, payment.reference);
        let message = PayerMessage { event: &message.event, notice: *notice, payment, page_url: &page_url };
        self.wait_for_server(self.deps.mailer.send(&message), lease).await
    }

    /// Ends the outage if the mail server responds. No message is due that would end it.
    async fn check_server(&mut self, lease: &mut HeldLease) -> Result<(), StoreError> {
        if self.outage.is_none() {
            return Ok(());
        }
        let now = self.deps.clock.now();
        match self.wait_for_server(self.deps.mailer.check(), lease).await {
            Some(Ok(())) => self.record_reachable(now).await,
            Some(Err(error)) => self.record_failure(&error, now).await?,
            None => {}
        }
        Ok(())
    }

    /// Waits for the mail server, and renews the lease meanwhile: the server may take minutes to inspect a message.
    /// Returns `None` if the server has not responded [`STOP_TIME`] after the worker was stopped.
    async fn wait_for_server<T>(
        &self,
        response: impl Future<Output = T>,
        lease: &mut HeldLease,
    ) -> Option<T> {
        let mut stopped = self.stopped.clone();
        let mut response = pin!(response);
        let mut stop_time = pin!(async {
            until_stopped(&mut stopped).await;
            sleep(STOP_TIME).await;
        });
        let mut has_lease = true;
        loop {
            tokio::select! {
                biased;
                response = &mut response => return Some(response),
                () = &mut stop_time => return None,
                // Without the lease, it is too late to stop: the mail server may have the message.
                () = sleep_until(lease.renew_at()), if has_lease => {
                    has_lease = lease.acquire_or_renew(None, reporter::database_failed).await;
                }
            }
        }
    }

    /// Records that the mail server failed at a message, and lets other messages pass if that happens repeatedly.
    async fn interrupt(
        &mut self,
        message: &WaitingMessage,
        reason: String,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let (event_seq, times) = self.interrupted;
        let times = if event_seq == message.event.seq { times.saturating_add(1) } else { 1 };
        self.interrupted = (message.event.seq, times);
        self.record_failure(&MailError::Interrupted(reason.clone()), now).await?;
        if times < INTERRUPTIONS_MAX {
            return Ok(());
        }
        self.interrupted = (0, 0);
        if let Some(outage) = &mut self.outage {
            outage.retry_now();
        }
        self.postpone(message, reason, now).await
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
        reporter::record_postponed();
        self.deps.queue.postpone(message.event.seq, now + postponed_delay(attempts), attempts).await
    }

    async fn reject(&mut self, message: &WaitingMessage, reason: String) -> Result<(), StoreError> {
        reporter::rejected(message.reference);
        self.finish(message, MessageResult::Rejected { reason }).await
    }

    /// Records how a message ended. If the database fails, [`Self::record_last`] tries again before anything is sent.
    async fn finish(&mut self, message: &WaitingMessage, result: MessageResult) -> Result<(), StoreError> {
        self.unrecorded = Some((message.event.seq, result));
        self.record_last().await
    }

    async fn record_failure(&mut self, error: &MailError, now: DateTime<Utc>) -> Result<(), StoreError> {
        outage::record_failure(&mut self.outage, self.deps.queue.as_ref(), error, now).await
    }

    async fn record_reachable(&mut self, now: DateTime<Utc>) {
        outage::record_end(&mut self.outage, self.deps.queue.as_ref(), now).await;
    }
}
