//! Asking the database for its head.

use std::sync::Arc;

use async_trait::async_trait;
use hermes_domain::ledger::HeadMark;
use hermes_domain::ports::{PaymentReader, StoreError};
use tokio::time::Instant;

use super::anchor::Anchor;
use super::question::Source;

/// The database's head, which becomes the anchor.
pub(super) struct HeadSource {
    pub reader: Arc<dyn PaymentReader>,
    pub anchor: Arc<Anchor>,
}

#[async_trait]
impl Source for HeadSource {
    type Answer = Result<HeadMark, StoreError>;

    async fn ask(&self) -> Self::Answer {
        let asked_at = Instant::now();
        let head = self.reader.head().await?.mark();
        self.anchor.take(asked_at, head);
        Ok(head)
    }
}
