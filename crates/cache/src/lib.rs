//! Adapters of [`SharedCache`](hermes_domain::ports::SharedCache): [`RedisCache`] for several instances, and
//! [`LocalVersion`] for a single one.
//!
//! Both fulfil the promises of the port; the contract suite in `tests/suite` runs against both.

mod local_version;
mod redis;

pub use hermes_redis::{NO_SUCH_DATABASE, RedisConfigError, RedisEndpoint, RedisSecurity};
pub use local_version::LocalVersion;
pub use redis::{RedisCache, RedisSettings, RedisState, SigningKey};
