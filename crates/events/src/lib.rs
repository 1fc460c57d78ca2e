//! Events after their commit: the stream that Hermes publishes to, and what another service needs to follow it.
//!
//! # Following events
//!
//! ```no_run
//! use std::sync::Arc;
//!
//! use hermes_events::{Consumer, ConsumerSettings, Delivery, MemoryProcessedEvents, StreamSettings};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let stream = StreamSettings::new("redis://127.0.0.1:6379".to_owned().into());
//! let settings = ConsumerSettings::new(stream, "accounting", "accounting-1");
//! let handler = |delivery: Delivery| async move {
//!     println!("{} {}", delivery.event.event_type, delivery.event.reference);
//!     Ok(())
//! };
//! let consumer = Consumer::new(settings, handler, Arc::new(MemoryProcessedEvents::new(100_000)))?;
//! consumer.run(std::future::pending()).await;
//! # Ok(())
//! # }
//! ```
//!
//! What is promised, what goes wrong and what becomes of it: [`Consumer`] and the module behind it.
//! `examples/follow_events.rs` is a whole program: `cargo run -p hermes-events --example follow_events`.
//!
//! # Publishing events
//!
//! [`RedisPublisher`] appends them to a stream on Redis, [`MemoryPublisher`] is its twin in one process. Both keep
//! the promises of [`EventPublisher`](hermes_domain::ports::EventPublisher), and one suite of tests
//! (`tests/contract`) holds them to it.

pub mod consumer;

mod memory;
mod redis;

pub use consumer::{
    ConsumeError, Consumer, ConsumerSettings, Delivery, EventHandler, HandlerError, Lag,
    MemoryProcessedEvents, Missed, ProcessedEvents, ProcessedEventsError, RedisProcessedEvents, Start,
};
pub use memory::{MemoryPublisher, Notice, SUBSCRIBER_BACKLOG_MAX, Subscription};
pub use redis::{RedisPublisher, STREAM, StreamSettings, StreamSettingsError};
