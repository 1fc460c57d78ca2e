//! How Redis is reached.

use std::time::Duration;

use secrecy::SecretString;

/// How Redis is reached; it prints without the URL, which may hold a password.
#[derive(Debug, Clone)]
pub struct RedisSettings {
    /// Where Redis is: `redis://user:password@host:6379/0`, or `rediss://…` over TLS.
    pub url: SecretString,
    /// The most connections that carry answers, at least one. Questions have more of their own, one for each thread
    /// of the portal.
    pub pool_max: usize,
    /// How long making a connection may take.
    pub connect_timeout: Duration,
    /// How long the answer to a command may take.
    pub command_timeout: Duration,
    /// How long an operation waits for one of the pool's connections.
    pub wait_timeout: Duration,
    /// How long the entry lives; each fill makes it up to a tenth more or less.
    pub entry_ttl: Duration,
    /// Names how answers are written. Instances that write them differently, because they are of different
    /// releases or settings, do not serve each other's.
    pub format: String,
}

/// Why settings cannot be used; a message never repeats the URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RedisSettingsError {
    /// The URL is not one of Redis.
    #[error("not a Redis URL such as redis://user:password@host:6379/0")]
    Url,
    /// There are none.
    #[error("the Redis pool needs at least one connection")]
    EmptyPool,
}

impl RedisSettings {
    /// The settings that suit a Redis in the same network.
    pub fn new(url: SecretString) -> Self {
        Self {
            url,
            pool_max: 8,
            connect_timeout: Duration::from_millis(250),
            command_timeout: Duration::from_millis(100),
            wait_timeout: Duration::from_millis(100),
            entry_ttl: Duration::from_secs(300),
            format: String::new(),
        }
    }

    /// How long one operation may take in all.
    pub(super) fn operation_timeout(&self) -> Duration {
        self.connect_timeout + self.command_timeout
    }

    pub(super) fn checked_pool_max(&self) -> Result<usize, RedisSettingsError> {
        if self.pool_max == 0 {
            return Err(RedisSettingsError::EmptyPool);
        }
        Ok(self.pool_max)
    }
}
