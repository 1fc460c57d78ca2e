//! Ports: the traits through which the use cases reach the database, the cache, the event stream and the clock.
//!
//! Each trait documents a contract: what its callers may rely on. A contract suite tests every adapter against it.

mod access;
mod cache;
mod events;
mod mail;
mod outbox;
mod page_link;
mod reader;
mod receipts;
mod statements;
mod store;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

pub use access::AccessStore;
pub use cache::{CacheError, CacheKey, SharedCache, StoredEntry, Version};
pub use events::{EventPublisher, PublishError, Published};
pub use mail::{MailError, MailOutage, MailQueue, MailStatus, Mailer, PaymentMail};
pub use outbox::{EventsAfter, Lease, Outbox, OutboxRetention, RelayLease, RelayStatus};
pub use page_link::PageLinkMailer;
pub use reader::{
    AtHead, AuditPage, ListPage, Page, PaymentFilter, PaymentReader, Position, limits as reader_limits,
};
pub use receipts::{ReceiptFilter, ReceiptReader, RefundFilter, RefundOfReceipt};
pub use statements::{BookedBatch, LineResult, MatchFilter, MatchPosition, StatementStore};
pub use store::{IdempotencyStore, LedgerStore, LedgerTransaction, LockedHead, StoreError};

/// The clock.
///
/// The time may go backwards; [`crate::ledger::LedgerHead::next_timestamp`] keeps the ledger's times in order.
pub trait Clock: Send + Sync {
    /// Returns the current time.
    fn now(&self) -> DateTime<Utc>;
}

/// The clock of the database.
#[async_trait]
pub trait DatabaseClock: Send + Sync {
    /// Returns the current time of the database.
    ///
    /// # Errors
    /// Returns an error if the database fails.
    async fn database_time(&self) -> Result<DateTime<Utc>, StoreError>;
}

/// Reports the state of connection pools, without I/O.
pub trait PoolMetrics: Send + Sync {
    /// Returns the pools by name, such as `database_writer`.
    fn pools(&self) -> Vec<(&'static str, PoolStatus)>;
}

/// The state of a connection pool at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PoolStatus {
    /// The maximum number of connections.
    pub max: usize,
    /// The number of open connections.
    pub size: usize,
    /// The number of connections not in use.
    pub idle: usize,
    /// The number of connections in use.
    pub in_use: usize,
    /// The number of callers that wait for a connection.
    pub waiting: usize,
}
