//! An instance: the real reads and the real barrier, on ways to the shared world.

use std::sync::Arc;

use hermes_service::read_cache::{ReadCache, ReadCacheConfig, ReadCacheDeps, UnverifiedReads};

use crate::cache_way::CacheWay;
use crate::database::DatabaseWay;
use crate::life::Life;
use crate::support::{D, HEAD_DEADLINE, Names, PAGE_LOADS_MAX, QUERIES, RETRY_CACHE_AFTER};
use crate::world::World;

/// A process.
#[derive(Clone)]
pub struct Instance {
    pub reads: Arc<ReadCache>,
    pub life: Arc<Life>,
}

impl Instance {
    /// Starts one that knows nothing yet.
    pub fn start(world: &Arc<World>, number: usize) -> Self {
        let life = Arc::<Life>::default();
        let cache = CacheWay::new(Arc::clone(world), number, Arc::clone(&life));
        let reader = DatabaseWay { world: Arc::clone(world), number, life: Arc::clone(&life) };
        let parts =
            ReadCacheDeps { cache: Arc::new(cache), reader: Arc::new(reader), renderer: Arc::new(Names) };
        let settings = ReadCacheConfig {
            staleness_bound: D,
            head_deadline: HEAD_DEADLINE,
            retry_cache_after: RETRY_CACHE_AFTER,
            window: 1_000,
            page_loads_max: PAGE_LOADS_MAX,
            queries: QUERIES,
            unverified_reads: UnverifiedReads::Serve,
        };
        Self { reads: ReadCache::new(parts, settings), life }
    }
}
