//! The adapters, each as two instances of Hermes see it.

use std::sync::Arc;
use std::time::Duration;

use hermes_cache::{LocalVersion, RedisCache, RedisSettings};
use hermes_domain::ports::SharedCache;
use hermes_test_support::RedisServer;

/// One cache, seen by two instances.
pub struct Cache {
    pub here: Arc<dyn SharedCache>,
    pub there: Arc<dyn SharedCache>,
}

/// The cache in the process; its two instances are one.
pub fn memory() -> Cache {
    let cache: Arc<dyn SharedCache> = Arc::new(LocalVersion::new());
    Cache { here: Arc::clone(&cache), there: cache }
}

/// The cache on a server, with connections of its own for each instance.
pub fn redis(server: &RedisServer) -> Cache {
    // These tests are about answers, not about time: a busy machine must not fail them.
    let patience = Duration::from_secs(30);
    let settings = RedisSettings {
        connect_timeout: patience,
        command_timeout: patience,
        wait_timeout: patience,
        ..RedisSettings::new(server.url().into())
    };
    let instance = || Arc::new(RedisCache::connect(&settings).unwrap());
    Cache { here: instance(), there: instance() }
}
