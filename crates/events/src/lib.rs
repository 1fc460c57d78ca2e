//! Where events go after their commit: [`RedisPublisher`] appends them to a stream on Redis, [`MemoryPublisher`] is
//! its twin in one process.
//!
//! Both keep the same promises, and one suite of tests (`tests/contract`) holds them to it.
//!
//! ```
//! # async fn example() {
//! use hermes_events::{MemoryPublisher, Notice};
//!
//! let publisher = MemoryPublisher::new(1_000);
//! let mut subscription = publisher.subscribe();
//! while let Some(notice) = subscription.next().await {
//!     match notice {
//!         Notice::Event(event) => println!("{} {}", event.seq, event.event_type),
//!         Notice::Missed(count) => println!("{count} events missed: read the outbox again"),
//!     }
//! }
//! # }
//! ```

mod memory;
mod redis;

pub use memory::{MemoryPublisher, Notice, SUBSCRIBER_BACKLOG_MAX, Subscription};
pub use redis::{RedisPublisher, STREAM, StreamSettings, StreamSettingsError};
