//! Connections to Redis and the meaning of its errors, shared by `hermes-cache` and `hermes-events`.
//!
//! This is a crate, and not a module of either adapter, because two crates need it and neither may depend on the
//! other. It is also the only crate that names `deadpool-redis`: both adapters use the client through
//! [`redis`], [`Pool`] and [`PoolError`].
//!
//! **Invariant:** no error and no `Debug` output contains the URL, which may hold a password, or an argument of a
//! command, which may hold a payer's data.

mod connector;
mod error;

pub use connector::{RedisConfigError, RedisConnector, RedisEndpoint, RedisSecurity, query, query_pipeline};
pub use deadpool_redis::{Hook, HookError, Pool, PoolError, redis};
pub use error::{Advice, CommandError, NO_SUCH_DATABASE};
