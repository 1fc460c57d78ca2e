//! What the use cases ask of the outside: one trait a concern, each with its promise.

mod cache;
mod clock;
mod events;
mod idempotency;
mod outbox;
mod pool;
mod reader;
mod store;

pub use cache::{CacheError, CacheKey, SharedCache, StoredEntry, Version};
pub use clock::Clock;
pub use events::{EventPublisher, PublishError, Published};
pub use idempotency::IdempotencyStore;
pub use outbox::{EventsAfter, Lease, Outbox, OutboxRetention, RelayLease, RelayStatus};
pub use pool::{PoolMetrics, PoolStatus};
pub use reader::{
    AtHead, AuditPage, ListPage, Page, PaymentFilter, PaymentReader, Position, limits as reader_limits,
};
pub use store::{LedgerStore, LedgerTransaction, StoreError};
