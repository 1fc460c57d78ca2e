//! Mails a new link of a payment's page.

use std::sync::Arc;

use async_trait::async_trait;
use hermes_domain::access::ServerKey;
use hermes_domain::ledger::{Command, Origin, Submission};
use hermes_domain::payment::{Payment, PaymentKey};
use hermes_domain::ports::{Clock, MailQueue, PageLinkMailer, StoreError};

use super::address::{address_key, next_allowed};
use crate::writer::LedgerWriter;

/// The actor in the audit log.
const PAYER: &str = "payer";

/// Renews links for payers who have lost theirs. The event of the renewal is mailed like any other.
pub struct NewLinkMailer {
    queue: Arc<dyn MailQueue>,
    ledger: LedgerWriter,
    clock: Arc<dyn Clock>,
    server_key: ServerKey,
}

impl NewLinkMailer {
    /// Creates the mailer.
    pub fn new(
        queue: Arc<dyn MailQueue>,
        ledger: LedgerWriter,
        clock: Arc<dyn Clock>,
        server_key: ServerKey,
    ) -> Self {
        Self { queue, ledger, clock, server_key }
    }

    /// Returns whether a message would be sent soon. Otherwise the old link must stay valid.
    async fn may_send(&self, payment: &Payment) -> Result<bool, StoreError> {
        // A waiting message contains the newest link.
        if self.queue.is_waiting(payment.reference).await? || self.queue.mail_status().await?.outage.is_some()
        {
            return Ok(false);
        }
        let key = address_key(&self.server_key, payment);
        let next = next_allowed(self.queue.as_ref(), &key, self.clock.now()).await?;
        Ok(next.is_none())
    }

    async fn renew(&self, payment: &Payment) {
        let origin = Origin { actor: PAYER.to_owned(), ..Origin::default() };
        let command = Command::RenewPageLink(PaymentKey::Id(payment.id));
        if let Err(error) = self.ledger.submit(Submission { command, origin, idempotency: None }).await {
            log::warn!("the link of {} was not renewed for its payer: {error}", payment.reference);
        }
    }
}

#[async_trait]
impl PageLinkMailer for NewLinkMailer {
    async fn send_new_link(&self, payment: Payment) {
        match self.may_send(&payment).await {
            Ok(true) => self.renew(&payment).await,
            Ok(false) => log::info!("the payer of {} gets no further link yet", payment.reference),
            Err(error) => log::warn!("no new link for {}: {error}", payment.reference),
        }
    }
}
