//! [`SharedCache`] on Redis.

use std::time::Duration;

use async_trait::async_trait;
use hermes_domain::ports::{
    CacheError, CacheKey, PoolMetrics, PoolStatus, SharedCache, StoredEntry, Version,
};
use hermes_redis::redis::{self, RedisError};
use hermes_redis::{
    Advice, CommandError, Hook, HookError, Pool, PoolError, RedisConfigError, RedisConnector, RedisEndpoint,
    query,
};

use super::connections::{PerRuntimeConnections, init_connection};
use super::envelope::{self, DecodeError, SigningKey};
use super::scripts;

/// The largest body of a query other than the list, in bytes. Times the number of slots, it bounds their memory.
const MAX_QUERY_BYTES: usize = 256 * 1_024;

/// The error code for a key that holds another type of value.
const WRONG_TYPE: &str = "WRONGTYPE";

const ADVICE: Advice = &[
    ("OOM", "Redis is out of memory: raise maxmemory or allow eviction"),
    (
        "NOPERM",
        "the Redis user may not run EVAL, GET, GETEX, SET, DEL, EXISTS, INFO and PING on payments:all, payments:q:* and {payments:all}:*",
    ),
];

/// Configures a [`RedisCache`].
#[derive(Debug, Clone)]
pub struct RedisSettings {
    /// Where Redis is.
    pub endpoint: RedisEndpoint,
    /// The maximum number of connections for entries, at least one. Version checks use one more per runtime.
    pub pool_max: usize,
    /// The longest time that an operation waits for a connection of the pool.
    pub wait_timeout: Duration,
    /// How long an entry lives. The time of each entry varies at random by up to a tenth.
    pub entry_ttl: Duration,
    /// Identifies the format of the bodies. Instances with different formats, because of their release or their
    /// settings, ignore each other's entries.
    pub format: String,
    /// Signs the entries. An entry without a valid signature is not served.
    pub signing_key: SigningKey,
}

impl RedisSettings {
    /// Creates settings for an endpoint: 8 connections, entries that live for 300 s.
    pub fn new(endpoint: RedisEndpoint, signing_key: SigningKey) -> Self {
        Self {
            endpoint,
            signing_key,
            pool_max: 8,
            wait_timeout: Duration::from_millis(100),
            entry_ttl: Duration::from_secs(300),
            format: String::new(),
        }
    }
}

/// Stores entries and the cache version in Redis.
pub struct RedisCache {
    /// Connections for entries. The runtime that opens a connection drives it, so all entries are read and written
    /// on the main runtime, which outlives the threads of the portal.
    pub(super) pool: Pool,
    connections: PerRuntimeConnections,
    operation_timeout: Duration,
    entry_ttl: Duration,
    format: String,
    signing_key: SigningKey,
}

impl RedisCache {
    /// Creates the cache. Connections are opened on demand, so Redis may be down.
    ///
    /// # Errors
    /// If the URL is invalid or the pool is empty.
    pub fn connect(settings: &RedisSettings) -> Result<Self, RedisConfigError> {
        let connector = RedisConnector::new(&settings.endpoint)?;
        let init = Hook::async_fn(|connection, _| {
            Box::pin(async { init_connection(connection).await.map(drop).map_err(HookError::Backend) })
        });
        Ok(Self {
            pool: connector.pool(settings.pool_max, settings.wait_timeout, Some(init))?,
            connections: PerRuntimeConnections::new(connector),
            operation_timeout: settings.endpoint.connect_timeout + settings.endpoint.command_timeout,
            entry_ttl: settings.entry_ttl,
            format: settings.format.clone(),
            signing_key: settings.signing_key.clone(),
        })
    }

    /// Limits the time of a whole operation, which may wait for a connection, open it and send a command.
    pub(super) async fn with_timeout<T, E: Into<PoolError>>(
        &self,
        operation: impl Future<Output = Result<T, E>>,
    ) -> Result<T, CacheError> {
        match tokio::time::timeout(self.operation_timeout, operation).await {
            Ok(result) => result.map_err(|error| cache_error(&error.into())),
            Err(_) => {
                let limit_ms = self.operation_timeout.as_millis();
                Err(CacheError::Unavailable(format!("no reply within {limit_ms} ms")))
            }
        }
    }

    /// Returns the version, or `None` if it is missing or malformed.
    async fn get_version(&self) -> Result<Option<Version>, RedisError> {
        match self.connections.query::<Option<Vec<u8>>>(scripts::get_version).await {
            Err(error) if error.code() == Some(WRONG_TYPE) => Ok(None),
            token => Ok(token?.as_deref().and_then(parse_version)),
        }
    }

    /// Creates a version, or returns the one that another instance has created meanwhile.
    async fn init_version(&self) -> Result<Version, RedisError> {
        let mut random = scripts::random_version();
        let token: Vec<u8> =
            self.connections.query(|| scripts::get_or_init_version(next_random_version(&mut random))).await?;
        let version = match parse_version(&token) {
            Some(version) => version,
            // Something other than Hermes has overwritten the version.
            None => {
                self.connections
                    .query::<()>(|| scripts::invalidate(next_random_version(&mut random)))
                    .await?;
                random
            }
        };
        if version == random {
            metrics::counter!("hermes_cache_resets_total", "cause" => "missing").increment(1);
            log::info!("created a cache version, because Redis had none (flushed, evicted or new)");
        }
        Ok(version)
    }

    /// Counts and logs an entry with a bad signature.
    fn report_bad_signature(key: CacheKey) {
        metrics::counter!("hermes_cache_bad_signatures_total").increment(1);
        let slot = scripts::redis_key(key);
        log::error!(
            target: "hermes::security", slot = slot.as_str();
            "ignored the value of {slot} in Redis, because no Hermes on this database has stored it: another program \
             writes to this Redis database, or Hermes on another database uses it too"
        );
    }
}

#[async_trait]
impl SharedCache for RedisCache {
    async fn version(&self) -> Result<Version, CacheError> {
        self.with_timeout(async {
            match self.get_version().await? {
                Some(version) => Ok(version),
                None => self.init_version().await,
            }
        })
        .await
    }

    async fn get(&self, key: CacheKey) -> Result<Option<StoredEntry>, CacheError> {
        let mut command = redis::cmd("GET");
        command.arg(scripts::redis_key(key));
        let bytes = self
            .with_timeout(async {
                match query::<Option<Vec<u8>>>(&self.pool, &command).await {
                    Err(PoolError::Backend(error)) if error.code() == Some(WRONG_TYPE) => Ok(None),
                    bytes => bytes,
                }
            })
            .await?;
        let Some(bytes) = bytes else { return Ok(None) };
        match envelope::decode(&self.format, &self.signing_key, key, bytes) {
            Ok(entry) => Ok(Some(entry)),
            Err(DecodeError::OtherEntry) => Ok(None),
            Err(DecodeError::BadSignature) => {
                Self::report_bad_signature(key);
                Ok(None)
            }
        }
    }

    async fn put_if_version(&self, key: CacheKey, entry: &StoredEntry) -> Result<bool, CacheError> {
        if key != CacheKey::List && entry.body.len() > MAX_QUERY_BYTES {
            return Ok(false);
        }
        let value = envelope::encode(&self.format, &self.signing_key, key, entry);
        let command = scripts::put_if_version(key, entry.version, value, self.entry_ttl);
        self.with_timeout(query(&self.pool, &command)).await
    }

    async fn invalidate(&self) -> Result<(), CacheError> {
        self.with_timeout(self.connections.query(|| scripts::invalidate(scripts::random_version()))).await
    }

    async fn clear(&self) -> Result<(), CacheError> {
        self.invalidate().await?;
        self.with_timeout(query(&self.pool, &scripts::delete_entries())).await
    }

    async fn ping(&self) -> Result<Option<()>, CacheError> {
        // The same command as every read, so that a missing permission shows here too.
        self.with_timeout(self.get_version()).await.map(|_| Some(()))
    }
}

fn cache_error(error: &PoolError) -> CacheError {
    match CommandError::new(error, ADVICE) {
        CommandError::Refused(text) => CacheError::Refused(text),
        CommandError::Unavailable(text) => CacheError::Unavailable(text),
    }
}

fn parse_version(token: &[u8]) -> Option<Version> {
    Version::parse(str::from_utf8(token).ok()?)
}

/// Draws a random version and records it for the caller.
fn next_random_version(drawn: &mut Version) -> Version {
    *drawn = scripts::random_version();
    *drawn
}

impl PoolMetrics for RedisCache {
    fn pools(&self) -> Vec<(&'static str, PoolStatus)> {
        let status = self.pool.status();
        let status = PoolStatus {
            max: status.max_size,
            size: status.size,
            idle: status.available,
            in_use: status.size.saturating_sub(status.available),
            waiting: status.waiting,
        };
        vec![("redis", status)]
    }
}
