//! The state of a Redis server, as it reports it.

use hermes_domain::ports::CacheError;
use hermes_redis::{query, redis};

use super::RedisCache;

/// What Redis reports about itself. A value that it does not report is empty, 0 or `false`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RedisState {
    /// The version, such as `7.2.5`.
    pub version: String,
    /// Whether Redis appends every change to a file.
    pub appends_to_file: bool,
    /// What Redis removes when its memory is full, such as `volatile-lru`.
    pub eviction_policy: String,
    /// The limit of its memory, in bytes; 0 means none.
    pub memory_max_bytes: u64,
}

impl RedisCache {
    /// Returns the state of the server.
    ///
    /// # Errors
    /// If Redis cannot be reached or rejects `INFO`.
    pub async fn state(&self) -> Result<RedisState, CacheError> {
        let info: String = self.with_timeout(query(&self.pool, &redis::cmd("INFO"))).await?;
        Ok(RedisState::parse(&info))
    }
}

impl RedisState {
    /// Parses the reply to `INFO`: lines of the form `name:value`.
    fn parse(info: &str) -> Self {
        let mut state = Self::default();
        for (name, value) in info.lines().filter_map(|line| line.trim_end().split_once(':')) {
            match name {
                "redis_version" => state.version = value.to_owned(),
                "aof_enabled" => state.appends_to_file = value == "1",
                "maxmemory_policy" => state.eviction_policy = value.to_owned(),
                "maxmemory" => state.memory_max_bytes = value.parse().unwrap_or_default(),
                _ => {}
            }
        }
        state
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_is_read_from_the_lines_of_info() {
        let info = "# Server\r\nredis_version:7.2.5\r\n# Memory\r\nmaxmemory:1024\r\nmaxmemory_policy:volatile-lru\r\n\
                    aof_enabled:1\r\n";
        let expected = RedisState {
            version: "7.2.5".to_owned(),
            appends_to_file: true,
            eviction_policy: "volatile-lru".to_owned(),
            memory_max_bytes: 1_024,
        };
        assert_eq!(RedisState::parse(info), expected);
        assert_eq!(RedisState::parse(""), RedisState::default());
    }
}
