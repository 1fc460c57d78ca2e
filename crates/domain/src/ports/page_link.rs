//! Mail with a new link of a payment's page.

use async_trait::async_trait;

use crate::payment::Payment;

/// Mails new links to payers.
#[async_trait]
pub trait PageLinkMailer: Send + Sync {
    /// Renews the link of a payment's page and mails it to the payer's address.
    ///
    /// The implementation limits the mails to one address and logs errors, because the payer sees the same page in every
    /// case. The link stays as it is if no mail will be sent.
    async fn send_new_link(&self, payment: Payment);
}
