//! A list on fakes.

use std::sync::Arc;
use std::time::Duration;

use hermes_domain::ports::StoreError;
use hermes_service::read_cache::{
    CacheTier, CachedResponse, Query, QueryLimits, ReadCache, ReadCacheConfig, ReadCacheDeps, UnverifiedReads,
};
use hermes_service::writer::VisibilityBarrier;
use tokio::task::JoinHandle;

use super::cache::FakeCache;
use super::gate::within;
use super::payments::Names;
use super::reader::FakeReader;

/// D in these tests.
pub const D: Duration = Duration::from_millis(250);
/// How long a read waits for the head.
pub const HEAD_DEADLINE: Duration = Duration::from_millis(500);
/// How long a cache that is away is left alone.
pub const RETRY_CACHE_AFTER: Duration = Duration::from_millis(250);

/// How much is kept of other answers than the list.
pub const QUERIES: QueryLimits = QueryLimits { count_max: 100, bytes_max: 1_000_000 };

/// How many pages are loaded at a time.
pub const PAGE_LOADS_MAX: usize = 4;

/// One instance with the database and the cache it works with.
#[derive(Clone)]
pub struct TestList {
    pub list: Arc<ReadCache>,
    pub reader: Arc<FakeReader>,
    pub cache: Arc<FakeCache>,
}

/// A read that is under way.
pub struct Reading(JoinHandle<Result<CachedResponse, StoreError>>);

impl TestList {
    pub fn new() -> Self {
        Self::with(UnverifiedReads::Serve)
    }

    pub fn with(unverified_reads: UnverifiedReads) -> Self {
        Self::on(Arc::default(), Arc::default(), unverified_reads, QUERIES)
    }

    pub fn with_queries(queries: QueryLimits) -> Self {
        Self::on(Arc::default(), Arc::default(), UnverifiedReads::Serve, queries)
    }

    /// Another instance on the same database and cache.
    pub fn another(&self) -> Self {
        Self::on(Arc::clone(&self.reader), Arc::clone(&self.cache), UnverifiedReads::Serve, QUERIES)
    }

    fn on(
        reader: Arc<FakeReader>,
        cache: Arc<FakeCache>,
        unverified_reads: UnverifiedReads,
        queries: QueryLimits,
    ) -> Self {
        let parts = ReadCacheDeps { cache: cache.clone(), reader: reader.clone(), renderer: Arc::new(Names) };
        let settings = ReadCacheConfig {
            staleness_bound: D,
            head_deadline: HEAD_DEADLINE,
            retry_cache_after: RETRY_CACHE_AFTER,
            window: 1_000,
            page_loads_max: PAGE_LOADS_MAX,
            queries,
            unverified_reads,
        };
        Self { list: ReadCache::new(parts, settings), reader, cache }
    }

    /// Reads the list, and says where it came from and what was in it.
    pub async fn read(&self) -> (CacheTier, String) {
        told(within(list_of(&self.list)).await)
    }

    /// Begins a read.
    pub fn begin_read(&self) -> Reading {
        let list = Arc::clone(&self.list);
        Reading(tokio::spawn(async move { list_of(&list).await }))
    }

    /// Books for somebody and acknowledges it.
    pub async fn book(&self, payer: &str) {
        self.reader.book(payer);
        within(self.list.wait_until_visible()).await;
    }
}

/// Reads the list, which is always there.
pub async fn list_of(reads: &ReadCache) -> Result<CachedResponse, StoreError> {
    reads.read(&Query::List).await.map(|served| served.expect("there is always a list"))
}

impl Reading {
    pub async fn result(self) -> Result<CachedResponse, StoreError> {
        within(self.0).await.unwrap()
    }

    pub async fn told(self) -> (CacheTier, String) {
        told(self.result().await)
    }

    /// The reader goes away.
    pub fn go_away(self) {
        self.0.abort();
    }

    pub fn is_done(&self) -> bool {
        self.0.is_finished()
    }
}

fn told(result: Result<CachedResponse, StoreError>) -> (CacheTier, String) {
    let served = result.unwrap();
    assert!(served.verified, "not confirmed by the database");
    (served.tier, names(&served))
}

/// The list, as it was served.
pub fn names(served: &CachedResponse) -> String {
    String::from_utf8(served.entry.body.to_vec()).unwrap()
}
