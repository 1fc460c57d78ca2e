//! The way of one relay to the stream, with gates and faults to order.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use hermes_domain::ledger::{EventPosition, OutboxEvent};
use hermes_domain::ports::{EventPublisher, PublishError, Published};

use crate::gate::Gate;

pub struct Way {
    stream: Arc<dyn EventPublisher>,
    /// Where events stop on their way to the stream.
    pub to: Gate,
    /// Where the answer stops on its way back.
    pub back: Gate,
    cut: AtomicBool,
    loses_reply: AtomicBool,
}

impl Way {
    pub fn to(stream: Arc<dyn EventPublisher>) -> Self {
        Self {
            stream,
            to: Gate::default(),
            back: Gate::default(),
            cut: AtomicBool::default(),
            loses_reply: AtomicBool::default(),
        }
    }

    /// Nothing gets through any more.
    pub fn cut(&self) {
        self.cut.store(true, Ordering::SeqCst);
    }

    pub fn mend(&self) {
        self.cut.store(false, Ordering::SeqCst);
    }

    /// The next events arrive, and nobody says so.
    pub fn lose_a_reply(&self) {
        self.loses_reply.store(true, Ordering::SeqCst);
    }

    fn check(&self) -> Result<(), PublishError> {
        let cut = self.cut.load(Ordering::SeqCst);
        if cut { Err(PublishError::Unavailable("cut off".to_owned())) } else { Ok(()) }
    }
}

#[async_trait]
impl EventPublisher for Way {
    async fn last_position(&self) -> Result<Option<EventPosition>, PublishError> {
        self.check()?;
        self.stream.last_position().await
    }

    async fn recent(&self, limit: usize) -> Result<Vec<EventPosition>, PublishError> {
        self.check()?;
        self.stream.recent(limit).await
    }

    async fn publish(
        &self,
        after: Option<EventPosition>,
        events: &[OutboxEvent],
    ) -> Result<Published, PublishError> {
        self.check()?;
        self.to.pass().await;
        let published = self.stream.publish(after, events).await;
        self.back.pass().await;
        if self.loses_reply.swap(false, Ordering::SeqCst) {
            return Err(PublishError::Unavailable("the reply was lost".to_owned()));
        }
        published
    }
}
