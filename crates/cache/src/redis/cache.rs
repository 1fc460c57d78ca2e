//! [`SharedCache`] on Redis.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use deadpool_redis::redis::{self, Cmd, FromRedisValue, RedisError};
use deadpool_redis::{Connection, Pool, PoolError};
use hermes_domain::ports::{
    CacheError, CacheKey, PoolMetrics, PoolStatus, SharedCache, StoredEntry, Version,
};

use super::connect::{self, Connector};
use super::connections::PerRuntimeConnections;
use super::error::{cache_error, is_wrong_type};
use super::{RedisSettings, RedisSettingsError, envelope, scripts};

/// The longest answer besides the list that is stored: with the number of places it bounds what they take.
const QUERY_BYTES_MAX: usize = 256 * 1_024;

/// Keeps answers in Redis.
pub struct RedisCache {
    /// For bodies. A connection is driven by the runtime that it was made on, so all work with bodies is done on the
    /// one that outlives the threads of the portal.
    pool: Pool,
    lasting: PerRuntimeConnections,
    operation_timeout: Duration,
    entry_ttl: Duration,
    format: String,
}

impl RedisCache {
    /// Makes the cache. Connections are made when they are needed: that Redis is down is no error here.
    ///
    /// # Errors
    /// When the settings cannot be used.
    pub fn connect(settings: &RedisSettings) -> Result<Self, RedisSettingsError> {
        Ok(Self {
            pool: connect::pool(settings)?,
            lasting: PerRuntimeConnections::new(Connector::new(settings)?),
            operation_timeout: settings.operation_timeout(),
            entry_ttl: settings.entry_ttl,
            format: settings.format.clone(),
        })
    }

    /// Puts a limit on a whole operation, which may wait, connect and ask.
    async fn within<T, E: Into<PoolError>>(
        &self,
        operation: impl Future<Output = Result<T, E>>,
    ) -> Result<T, CacheError> {
        match tokio::time::timeout(self.operation_timeout, operation).await {
            Ok(result) => result.map_err(|error| cache_error(&error.into())),
            Err(_) => {
                let limit_ms = self.operation_timeout.as_millis();
                Err(CacheError::Unavailable(format!("no answer within {limit_ms} ms")))
            }
        }
    }

    /// The version, if there is one.
    async fn get_version(&self) -> Result<Option<Version>, RedisError> {
        match self.lasting.ask::<Option<Vec<u8>>>(scripts::get_version).await {
            Err(error) if is_wrong_type(&error) => Ok(None),
            token => Ok(token?.as_deref().and_then(parsed)),
        }
    }

    /// A fresh version, or the one that somebody else has made meanwhile.
    async fn init_version(&self) -> Result<Version, RedisError> {
        let mut fresh = scripts::fresh_version();
        let token: Vec<u8> = self.lasting.ask(|| scripts::version(draw(&mut fresh))).await?;
        let version = match parsed(&token) {
            Some(version) => version,
            // Somebody has written there by hand.
            None => {
                self.lasting.ask::<()>(|| scripts::bump(draw(&mut fresh))).await?;
                fresh
            }
        };
        if version == fresh {
            metrics::counter!("hermes_cache_resets_total", "cause" => "missing").increment(1);
            log::info!("the shared cache had no version (flushed or evicted) and has a new one");
        }
        Ok(version)
    }

    /// Sends a command with a body, over a connection that nobody else uses meanwhile.
    async fn query_pooled<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, PoolError> {
        let mut connection = self.pool.get().await?;
        let answer = command.query_async(&mut connection).await;
        if answer.is_err() {
            // Taken out of the pool, which would hand it out again otherwise.
            drop(Connection::take(connection));
        }
        Ok(answer?)
    }
}

#[async_trait]
impl SharedCache for RedisCache {
    async fn version(&self) -> Result<Version, CacheError> {
        self.within(async {
            match self.get_version().await? {
                Some(version) => Ok(version),
                None => self.init_version().await,
            }
        })
        .await
    }

    async fn get(&self, key: CacheKey) -> Result<Option<StoredEntry>, CacheError> {
        let mut command = redis::cmd("GET");
        command.arg(scripts::key_of(key));
        let fetched = self
            .within(async {
                match self.query_pooled::<Option<Vec<u8>>>(&command).await {
                    Err(PoolError::Backend(error)) if is_wrong_type(&error) => Ok(None),
                    fetched => fetched,
                }
            })
            .await?;
        Ok(fetched.and_then(|bytes| envelope::decode(&self.format, key, bytes)))
    }

    async fn put_if_version(&self, key: CacheKey, entry: &StoredEntry) -> Result<bool, CacheError> {
        if key != CacheKey::List && entry.body.len() > QUERY_BYTES_MAX {
            return Ok(false);
        }
        let command = scripts::fill(&self.format, key, entry, self.entry_ttl);
        self.within(self.query_pooled(&command)).await
    }

    async fn invalidate(&self) -> Result<(), CacheError> {
        self.within(self.lasting.ask(|| scripts::bump(scripts::fresh_version()))).await
    }

    async fn ping(&self) -> Result<Option<()>, CacheError> {
        // What every read asks, so that whoever has no right to it learns so here.
        self.within(self.get_version()).await.map(|_| Some(()))
    }
}

fn parsed(token: &[u8]) -> Option<Version> {
    Version::parse(str::from_utf8(token).ok()?).ok()
}

/// Draws a version and notes which it is.
fn draw(drawn: &mut Version) -> Version {
    *drawn = scripts::fresh_version();
    *drawn
}

impl PoolMetrics for RedisCache {
    fn pools(&self) -> Vec<(&'static str, PoolStatus)> {
        let status = self.pool.status();
        let figures = PoolStatus {
            max: status.max_size,
            size: status.size,
            idle: status.available,
            in_use: status.size.saturating_sub(status.available),
            waiting: status.waiting,
        };
        vec![("redis", figures)]
    }
}

impl fmt::Debug for RedisCache {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("RedisCache").field("pools", &self.pools()).finish_non_exhaustive()
    }
}
