//! The harness of the reads: one Hermes on a filled MariaDB, and Redis. Server and load share the processors.

use anyhow::{Context, Result};
use hermes_test_support::RedisServer;

use crate::reference::fill;
use crate::system::{Build, DatabaseHost, DatabaseKind, Hermes, PrivateDatabase};

/// The setting `cache.cluster`: how a read verifies the cache version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClusterMode {
    /// Many instances (default): each read checks the cache version in Redis. Concurrent reads share a check.
    Many,
    /// One instance: the process itself executes every write.
    Single,
}

impl ClusterMode {
    /// Returns the name for the table.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Many => "many instances",
            Self::Single => "single instance",
        }
    }
}

/// A Hermes and its servers.
#[derive(Debug)]
pub struct Harness {
    // Fields are dropped in this order: Hermes ends before its servers.
    pub hermes: Hermes,
    pub redis: RedisServer,
    _database: PrivateDatabase,
    _host: DatabaseHost,
}

impl Harness {
    /// Starts the servers and Hermes with `bookings` bookings.
    pub async fn start(mode: ClusterMode, bookings: u32) -> Result<Self> {
        Self::start_build(Build::Same, mode, bookings).await
    }

    /// Starts another build of Hermes.
    pub async fn start_build(build: Build, mode: ClusterMode, bookings: u32) -> Result<Self> {
        let redis = hermes_test_support::redis().await.context("Redis is not installed")?;
        let mut variables = vec![("REDIS_URL", redis.url())];
        if mode == ClusterMode::Single {
            variables.push(("HERMES__CACHE__CLUSTER", "single".to_owned()));
        }
        let host = DatabaseHost::start(DatabaseKind::MariaDb).await?;
        let database = host.create_database().await?;
        fill(&database, bookings).await?;
        let hermes = Hermes::start_under(&[], build, &database, &variables).await?;
        Ok(Self { hermes, redis, _database: database, _host: host })
    }
}
