//! The state that all endpoints share.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use chrono::TimeDelta;
use hermes_domain::access::ServerKey;
use hermes_domain::ledger::{RandomSource, Rules};
use hermes_domain::ports::{
    AccessStore, Clock, PageLinkMailer, PaymentMail, PaymentReader, PoolMetrics, ReceiptReader, SharedCache,
};
use hermes_languages::Language;
use hermes_service::access::AccessControl;
use hermes_service::matching::Matches;
use hermes_service::outbox::Feed;
use hermes_service::read_cache::ReadCache;
use hermes_service::statements::StatementImporter;
use hermes_service::writer::LedgerWriter;

use crate::api::health::RedisProbe;
use crate::limits::{Limits, StorageSpace};

/// Everything that an endpoint may use. One value serves all threads of the process.
pub struct AppState {
    /// Identifies the principals of requests.
    pub access: AccessControl,
    /// Executes commands.
    pub ledger: LedgerWriter,
    /// Serves cached reads: the list, filtered pages, single payments and totals.
    pub reads: Arc<ReadCache>,
    /// Imports bank statements.
    pub importer: Arc<StatementImporter>,
    /// Decides the matches of statement lines.
    pub matches: Matches,
    /// Serves the events.
    pub feed: Arc<Feed>,
    /// Serves reads that are not cached.
    pub reader: Arc<dyn PaymentReader>,
    /// Reads receipts and refunds, which are not cached.
    pub receipts: Arc<dyn ReceiptReader>,
    /// Reads the API keys, for `/api/keys`.
    pub keys: Arc<dyn AccessStore>,
    /// How long the earlier secrets of a rotated key remain valid.
    pub key_overlap: TimeDelta,
    /// The shared cache, for the health check.
    pub cache: Arc<dyn SharedCache>,
    /// The last state of the shared cache.
    pub redis_probe: RedisProbe,
    /// Whether instances share the cache.
    pub cache_is_shared: bool,
    /// The connection pools, for their metrics.
    pub pools: Vec<Arc<dyn PoolMetrics>>,
    /// Renders the metrics of the process as Prometheus text.
    pub metrics_text: Box<dyn Fn() -> String + Send + Sync>,
    /// The source of form keys and request IDs.
    pub random_source: Arc<dyn RandomSource>,
    /// The clock for the age of form keys.
    pub clock: Arc<dyn Clock>,
    /// The key from which secrets such as form keys are derived. All instances have the same one.
    pub server_key: ServerKey,
    /// The rules of the ledger: the fees, and the institution that payers pay.
    pub rules: Arc<Rules>,
    /// The language of pages for payers who have chosen none.
    pub language: Language,
    /// Mails new links of payments' pages; `None` if the portal sends no mail.
    pub link_mailer: Option<Arc<dyn PageLinkMailer>>,
    /// Reads the messages about a payment; `None` if the portal sends no mail.
    pub payment_mail: Option<Arc<dyn PaymentMail>>,
    /// The limits of requests and their bodies.
    pub limits: Limits,
    /// The free space of the disk with the SQLite file; `None` with a database server.
    pub storage: Option<StorageSpace>,
    /// The URL under which clients reach the portal, without a trailing slash.
    pub public_url: Option<String>,
    /// Whether the server is shutting down. It then still serves requests but reports itself as not ready.
    pub is_draining: AtomicBool,
}
