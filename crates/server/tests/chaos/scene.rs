//! The servers of a run: three instances, one database, one Redis with another to fail over to, and a way from each
//! instance to each of the two.

use std::sync::Arc;

use hermes_test_support::{FaultProxy, Port, RedisServer, SqlServer, TestDatabase};
use tempfile::TempDir;

use crate::instance::Instance;

/// How many bookings `GET /api/bookings` has. Fewer than usual, so that a list is quickly made, sent and checked:
/// what a list may leave out is proved from the list itself.
pub const LIST_WINDOW: usize = 40;

const INSTANCES: usize = 3;

/// The two ways of one instance.
pub struct Ways {
    pub redis: FaultProxy,
    pub database: FaultProxy,
}

/// Everything that runs.
pub struct Scene {
    // The order matters: instances end first, their folder goes last.
    pub instances: Vec<Instance>,
    pub ways: Arc<Vec<Ways>>,
    pub redis: RedisServer,
    pub spare_redis: RedisServer,
    pub mariadb: SqlServer,
    pub database: TestDatabase,
    pub folder: TempDir,
}

impl Scene {
    /// Starts the servers and prepares the instances, which do not run yet and get `more` variables than they need.
    /// `None` if a server is not installed.
    pub async fn prepare(more: &[(&'static str, &str)]) -> Option<Self> {
        let mariadb = hermes_test_support::private_mariadb().await?;
        let redis = hermes_test_support::redis().await?;
        let spare_redis = hermes_test_support::redis().await?;
        let database = mariadb.create_database().await;
        let folder = tempfile::tempdir().unwrap();
        let ways: Vec<_> = (0..INSTANCES)
            .map(|_| Ways { redis: FaultProxy::to(redis.port()), database: FaultProxy::to(mariadb.port()) })
            .collect();
        let instances: Vec<_> = ways
            .iter()
            .enumerate()
            .map(|(number, ways)| Instance {
                name: format!("instance-{number}"),
                ports: [Port::take(), Port::take()],
                variables: variables(&database, ways, more),
                folder: folder.path().to_owned(),
                child: None,
            })
            .collect();
        let migrated = instances[0].run(&["migrate", "up"]);
        assert!(migrated.status.success(), "{}", String::from_utf8_lossy(&migrated.stderr));
        Some(Self { instances, ways: Arc::new(ways), redis, spare_redis, mariadb, database, folder })
    }
}

fn variables(
    database: &TestDatabase,
    ways: &Ways,
    more: &[(&'static str, &str)],
) -> Vec<(&'static str, String)> {
    let mut variables = database.environment();
    variables.retain(|(name, _)| *name != "DB_PORT");
    variables.extend([
        ("DB_PORT", ways.database.port().to_string()),
        ("REDIS_URL", format!("redis://127.0.0.1:{}", ways.redis.port())),
        ("HERMES__DATABASE__MIGRATE_AT_START", "never".to_owned()),
        ("HERMES__LIST__WINDOW", LIST_WINDOW.to_string()),
        ("HERMES__CACHE__COMPARE_EVERY_S", "1".to_owned()),
    ]);
    variables.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
    variables
}
