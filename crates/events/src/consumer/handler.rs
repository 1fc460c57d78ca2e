//! What is done with an event.

use std::error::Error;

use async_trait::async_trait;

use super::{Delivery, Missed};

/// Why an event could not be handled; it is delivered again, some times.
pub type HandlerError = Box<dyn Error + Send + Sync>;

/// Does something with events. A closure that returns a future is one.
#[async_trait]
pub trait EventHandler: Send + Sync + 'static {
    /// Handles an event. It may be one that was handled before, by a process that died before it could say so.
    ///
    /// # Errors
    /// Whatever may be otherwise at the next delivery.
    async fn handle(&self, delivery: Delivery) -> Result<(), HandlerError>;

    /// Is told which events it is never handed, before those that follow them; the log has it already. It is told
    /// once, and not at all when the process dies at that very moment.
    async fn missed(&self, _missed: Missed) {}
}

#[async_trait]
impl<F, Handling> EventHandler for F
where
    F: Fn(Delivery) -> Handling + Send + Sync + 'static,
    Handling: Future<Output = Result<(), HandlerError>> + Send,
{
    async fn handle(&self, delivery: Delivery) -> Result<(), HandlerError> {
        self(delivery).await
    }
}
