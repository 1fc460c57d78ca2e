//! Where events go after their commit: [`MemoryPublisher`] hands them to subscribers in the same process.
//!
//! ```
//! # async fn example() {
//! use hermes_events::{MemoryPublisher, Notice};
//!
//! let publisher = MemoryPublisher::new();
//! let mut subscription = publisher.subscribe();
//! while let Some(notice) = subscription.next().await {
//!     match notice {
//!         Notice::Event(event) => println!("{} {}", event.seq, event.kind.code()),
//!         Notice::Missed(count) => println!("{count} events missed: read the ledger again"),
//!     }
//! }
//! # }
//! ```

mod memory;

pub use memory::{MemoryPublisher, Notice, SUBSCRIBER_BACKLOG_MAX, Subscription};
