//! Asking the database for its head.

use std::sync::Arc;

use async_trait::async_trait;
use hermes_domain::ports::{PaymentReader, StoreError};

use super::anchor::{Anchor, Head, Movement};
use super::question::Source;

/// The database's head, which becomes the anchor.
pub(super) struct HeadSource {
    pub reader: Arc<dyn PaymentReader>,
    pub anchor: Arc<Anchor>,
}

#[async_trait]
impl Source for HeadSource {
    type Answer = Result<Head, StoreError>;

    async fn ask(&self) -> Self::Answer {
        let question = self.anchor.ask();
        let answer = self.reader.head().await?;
        let movement = self.anchor.take(&question, &answer);
        if let Movement::Back { from, to } = movement {
            raise_alarm(from, to.seq);
        }
        Ok(movement.head())
    }
}

/// The database has lost commits; whoever runs it must know, and the readers of lists have the new era.
fn raise_alarm(from: i64, to: i64) {
    metrics::counter!("hermes_head_regressions_total").increment(1);
    log::error!(
        from, to;
        "the ledger head went back from {from} to {to}: the database lost commits (a failover or a restored \
         backup); cached lists are dropped"
    );
}
