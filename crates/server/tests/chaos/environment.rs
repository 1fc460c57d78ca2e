//! The servers of a run: three instances, one database, two Redis servers for failovers, and proxies from each instance
//! to the database and to Redis.

use std::sync::Arc;

use hermes_test_support::{FaultProxy, RedisServer, SqlServer, TestDatabase};
use tempfile::TempDir;

use crate::support::process::HermesProcess;

/// The length of `GET /api/bookings`; shorter than the default, so that lists are loaded and checked quickly.
pub const LIST_WINDOW: usize = 40;

const INSTANCES: usize = 3;

/// The proxies of one instance.
pub struct Proxies {
    pub redis: FaultProxy,
    pub database: FaultProxy,
}

/// All servers. The order of the fields matters: instances end first, and their folder is removed last.
pub struct ChaosEnvironment {
    pub instances: Vec<HermesProcess>,
    pub proxies: Arc<Vec<Proxies>>,
    pub redis: RedisServer,
    pub spare_redis: RedisServer,
    pub mariadb: SqlServer,
    pub database: TestDatabase,
    pub folder: TempDir,
}

impl ChaosEnvironment {
    /// Starts the servers and prepares the instances, which are not started yet.
    ///
    /// Returns `None` if a server is not installed.
    pub async fn start(more: &[(&'static str, &str)]) -> Option<Self> {
        let mariadb = hermes_test_support::private_mariadb().await?;
        let redis = hermes_test_support::redis().await?;
        let spare_redis = hermes_test_support::redis().await?;
        let database = mariadb.create_database().await;
        let folder = tempfile::tempdir().unwrap();
        let (mut proxies, mut instances) = (Vec::new(), Vec::new());
        for number in 0..INSTANCES {
            let own =
                Proxies { redis: FaultProxy::to(redis.port()), database: FaultProxy::to(mariadb.port()) };
            let mut variables = variables(&database, &own);
            variables.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
            let name = format!("instance-{number}");
            instances.push(HermesProcess::new(&name, folder.path().to_owned(), variables));
            proxies.push(own);
        }
        let migrated = instances[0].run(&["migrate", "up"]);
        assert!(migrated.status.success(), "{}", String::from_utf8_lossy(&migrated.stderr));
        Some(Self { instances, proxies: Arc::new(proxies), redis, spare_redis, mariadb, database, folder })
    }
}

fn variables(database: &TestDatabase, proxies: &Proxies) -> Vec<(&'static str, String)> {
    let mut variables = database.environment();
    variables.retain(|(name, _)| *name != "DB_PORT");
    variables.extend([
        ("DB_PORT", proxies.database.port().to_string()),
        ("REDIS_URL", format!("redis://127.0.0.1:{}", proxies.redis.port())),
        ("HERMES__DATABASE__MIGRATE_AT_START", "never".to_owned()),
        ("HERMES__LIST__WINDOW", LIST_WINDOW.to_string()),
        ("HERMES__CACHE__COMPARE_EVERY_S", "1".to_owned()),
    ]);
    variables
}
