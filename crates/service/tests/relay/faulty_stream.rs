//! One relay's connection to the stream, with gates and faults.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use hermes_domain::ledger::{EventPosition, OutboxEvent};
use hermes_domain::ports::{EventPublisher, PublishError, Published};

use hermes_test_support::Gate;

pub struct FaultyStream {
    stream: Arc<dyn EventPublisher>,
    /// Where events wait before the stream receives them.
    pub request_gate: Gate,
    /// Where the reply waits.
    pub reply_gate: Gate,
    cut: AtomicBool,
    loses_next_reply: AtomicBool,
}

impl FaultyStream {
    pub fn new(stream: Arc<dyn EventPublisher>) -> Self {
        Self {
            stream,
            request_gate: Gate::default(),
            reply_gate: Gate::default(),
            cut: AtomicBool::default(),
            loses_next_reply: AtomicBool::default(),
        }
    }

    /// Makes every operation fail.
    pub fn cut(&self) {
        self.cut.store(true, Ordering::SeqCst);
    }

    pub fn restore(&self) {
        self.cut.store(false, Ordering::SeqCst);
    }

    /// Loses the reply to the next events, which arrive.
    pub fn lose_next_reply(&self) {
        self.loses_next_reply.store(true, Ordering::SeqCst);
    }

    fn check(&self) -> Result<(), PublishError> {
        let cut = self.cut.load(Ordering::SeqCst);
        if cut { Err(PublishError::Unavailable("cut off".to_owned())) } else { Ok(()) }
    }
}

#[async_trait]
impl EventPublisher for FaultyStream {
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
        self.request_gate.pass().await;
        let published = self.stream.publish(after, events).await;
        self.reply_gate.pass().await;
        if self.loses_next_reply.swap(false, Ordering::SeqCst) {
            return Err(PublishError::Unavailable("the reply was lost".to_owned()));
        }
        published
    }
}
