//! What the endpoints work with.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hermes_domain::ledger::RandomSource;
use hermes_domain::ports::{PaymentReader, PoolMetrics, SharedCache};
use hermes_service::outbox::Feed;
use hermes_service::read_cache::ReadCache;
use hermes_service::writer::LedgerWriter;

/// Everything an endpoint may use; one for the process, shared by its threads.
pub struct AppState {
    /// Takes commands.
    pub ledger: LedgerWriter,
    /// Reads what is cached: the list of bookings, pages of it, single ones, the sums.
    pub reads: Arc<ReadCache>,
    /// The events, for those who follow them here.
    pub feed: Arc<Feed>,
    /// Reads everything else.
    pub reader: Arc<dyn PaymentReader>,
    /// The shared cache, to ask whether it is there.
    pub cache: Arc<dyn SharedCache>,
    /// Whether the cache is one that instances share.
    pub cache_is_shared: bool,
    /// The connection pools, for their figures.
    pub pools: Vec<Arc<dyn PoolMetrics>>,
    /// Writes the process's metrics as Prometheus text.
    pub metrics_text: Box<dyn Fn() -> String + Send + Sync>,
    /// Randomness for keys of forms and ids of requests.
    pub random_source: Arc<dyn RandomSource>,
    /// Set once the server is stopping.
    pub draining: Draining,
}

/// Whether the server is stopping: it still answers, but asks to be sent nothing new.
#[derive(Debug, Clone, Default)]
pub struct Draining(Arc<AtomicBool>);

impl Draining {
    /// Starts it.
    pub fn start(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it has started.
    pub fn has_started(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
