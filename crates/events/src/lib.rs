//! The events of Hermes for other Rust services: a [`Consumer`] of the event stream on Redis.
//!
//! Hermes writes an event in the same transaction as each change of a payment, and publishes it to the stream
//! `{hermes:events}` after the commit. A service follows the stream in a consumer group of its own.
//!
//! # Following events
//!
//! ```no_run
//! use std::sync::Arc;
//!
//! use hermes_events::{Consumer, ConsumerSettings, Delivery, MemoryProcessedEvents, RedisEndpoint};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let endpoint = RedisEndpoint::new("redis://127.0.0.1:6379");
//! let settings = ConsumerSettings::new(endpoint, "accounting", "accounting-1");
//! let handler = |delivery: Delivery| async move {
//!     println!("{} {}", delivery.event.event_type, delivery.event.reference);
//!     Ok(())
//! };
//! let processed = Arc::new(MemoryProcessedEvents::new(100_000));
//! let consumer = Consumer::new(settings, handler, processed)?;
//! consumer.run(std::future::pending()).await;
//! # Ok(())
//! # }
//! ```
//!
//! Five decisions are yours:
//!
//! 1. **The group.** One name per service, such as `accounting`. Each group receives every event.
//! 2. **The name of the consumer.** Use the same name after a restart, such as the host name, so that the consumer resumes its own
//!    pending events at once.
//! 3. **The handler.** Return an error to receive the event again after [`ConsumerSettings::retry_delay`]. After five
//!    deliveries, the event moves to the dead letters. Read `data` (JSON) or fetch the booking by `reference`.
//! 4. **The record of processed events.** Events arrive at least once. [`MemoryProcessedEvents`] suit a handler that
//!    tolerates duplicates after a restart. [`RedisProcessedEvents`] serve several processes. For exactly one effect,
//!    implement [`ProcessedEvents`] on the table that holds the effect.
//! 5. **Missed events.** If the group falls so far behind that the stream is trimmed, implement
//!    [`EventHandler::missed`] and read the events from `GET /api/events`.
//!
//! Watch `hermes_consumer_events_total` (by outcome: `handled`, `duplicate`, `failed`, `dead`),
//! `hermes_consumer_missed_total`, `hermes_consumer_delay_seconds` and [`Consumer::lag`]. The module [`consumer`]
//! documents the guarantees and the effect of each fault.
//!
//! A complete program: `cargo run -p hermes-events --example follow_events`.
//!
//! # Publishing events
//!
//! Only Hermes publishes. [`RedisPublisher`] implements the port
//! [`EventPublisher`](hermes_domain::ports::EventPublisher); the contract suite is in `tests/suite`.

pub mod consumer;

mod publisher;
mod stream;

pub use consumer::{
    ConsumeError, Consumer, ConsumerSettings, Delivery, EventHandler, HandlerError, Lag,
    MemoryProcessedEvents, Missed, ProcessedEvents, ProcessedEventsError, RedisProcessedEvents, Start,
};
pub use hermes_redis::{RedisConfigError, RedisEndpoint};
pub use publisher::RedisPublisher;
pub use stream::STREAM;
