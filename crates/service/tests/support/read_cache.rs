//! The read cache on fakes.

use std::sync::Arc;
use std::time::Duration;

use hermes_domain::ledger::Totals;
use hermes_domain::payment::Payment;
use hermes_domain::ports::{ListPage, Position, StoreError};
use hermes_service::read_cache::{
    CacheTier, CachedResponse, PageQuery, Query, QueryLimits, ReadCache, ReadCacheConfig, ReadCacheDeps,
    Rendered, Renderer, UnverifiedReads,
};
use hermes_service::writer::VisibilityBarrier;
use hermes_test_support::{MemoryStore, within};
use tokio::task::JoinHandle;

use super::cache::FakeCache;

/// The staleness bound D.
pub const D: Duration = Duration::from_millis(250);
/// How long a read waits for the ledger head.
pub const HEAD_TIMEOUT: Duration = Duration::from_millis(500);

/// One instance with its database and its shared cache.
#[derive(Clone)]
pub struct ReadCacheHarness {
    pub reads: Arc<ReadCache>,
    pub store: MemoryStore,
    pub cache: Arc<FakeCache>,
}

/// A read in progress.
pub struct PendingRead(JoinHandle<Result<CachedResponse, StoreError>>);

/// Returns the configuration of these tests.
pub fn config() -> ReadCacheConfig {
    ReadCacheConfig {
        staleness_bound: D,
        head_deadline: HEAD_TIMEOUT,
        retry_cache_after: D,
        window: 1_000,
        page_loads_max: 4,
        queries: QueryLimits { count_max: 100, bytes_max: 1_000_000 },
        unverified_reads: UnverifiedReads::Serve,
    }
}

impl ReadCacheHarness {
    pub fn new() -> Self {
        Self::with(config())
    }

    /// An instance with bookings that no instance has read yet.
    pub fn with_bookings(payers: &[&str]) -> Self {
        let instance = Self::new();
        for payer in payers {
            instance.store.book(payer);
        }
        instance
    }

    pub fn with(config: ReadCacheConfig) -> Self {
        Self::on(MemoryStore::default(), Arc::default(), config)
    }

    /// Another instance with the same database and shared cache.
    pub fn another(&self) -> Self {
        Self::on(self.store.clone(), Arc::clone(&self.cache), config())
    }

    /// An instance on a database and a cache.
    pub fn on(store: MemoryStore, cache: Arc<FakeCache>, config: ReadCacheConfig) -> Self {
        let reader = Arc::new(store.clone());
        let deps = ReadCacheDeps { cache: cache.clone(), reader, renderer: Arc::new(Names) };
        Self { reads: ReadCache::new(deps, config), store, cache }
    }

    /// Reads the list. Returns its tier and the payers, oldest first.
    pub async fn read(&self) -> (CacheTier, String) {
        verified(within(list_of(&self.reads)).await)
    }

    /// Reads the list and returns the payers.
    pub async fn payers(&self) -> String {
        self.read().await.1
    }

    /// Starts a read of the list.
    pub fn start_read(&self) -> PendingRead {
        let reads = Arc::clone(&self.reads);
        PendingRead(tokio::spawn(async move { list_of(&reads).await }))
    }

    /// Books a payment and acknowledges it.
    pub async fn book(&self, payer: &str) {
        self.store.book(payer);
        within(self.reads.wait_until_visible()).await;
    }
}

/// Reads the list, which always exists.
pub async fn list_of(reads: &ReadCache) -> Result<CachedResponse, StoreError> {
    reads.read(&Query::List).await.map(|response| response.expect("the list exists"))
}

impl PendingRead {
    pub async fn result(self) -> Result<CachedResponse, StoreError> {
        within(self.0).await.unwrap()
    }

    /// Returns the tier and the payers of a verified response.
    pub async fn verified(self) -> (CacheTier, String) {
        verified(self.result().await)
    }

    pub async fn payers(self) -> String {
        self.verified().await.1
    }

    /// Disconnects the client.
    pub fn cancel(self) {
        self.0.abort();
    }

    pub fn is_ready(&self) -> bool {
        self.0.is_finished()
    }
}

fn verified(result: Result<CachedResponse, StoreError>) -> (CacheTier, String) {
    let response = result.unwrap();
    assert!(response.verified);
    (response.tier, names(&response))
}

/// Returns the body of a response.
pub fn names(response: &CachedResponse) -> String {
    String::from_utf8(response.entry.body.to_vec()).unwrap()
}

/// Renders the names of payers, oldest first.
pub struct Names;

impl Renderer for Names {
    fn list(&self, page: &ListPage) -> Rendered {
        let last = page.payments.last().filter(|_| page.has_next).map(Position::from);
        Rendered { body: render(page), link: last.map(|last| format!("after-{}", last.id)), etag: None }
    }

    fn page(&self, query: &PageQuery, page: &ListPage) -> Rendered {
        Rendered { body: render(page), link: query.filter.email.clone(), etag: None }
    }

    fn booking(&self, payment: &Payment) -> Rendered {
        let body = payment.details.email.clone().into_bytes();
        Rendered { body, link: None, etag: Some(format!("\"v{}\"", payment.version)) }
    }

    fn totals(&self, totals: &[Totals]) -> Rendered {
        let payments: i64 = totals.iter().map(|totals| totals.payments).sum();
        Rendered { body: payments.to_string().into_bytes(), link: None, etag: None }
    }
}

fn render(page: &ListPage) -> Vec<u8> {
    let emails = page.payments.iter().rev().map(|payment| &payment.details.email);
    emails.map(|email| email.split('@').next().unwrap()).collect::<Vec<_>>().join(",").into_bytes()
}
