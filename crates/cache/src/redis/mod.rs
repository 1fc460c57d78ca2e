//! The cache that several instances share, on Redis 7.
//!
//! | key | holds |
//! |---|---|
//! | `payments:all` | the list: a line of JSON that names its version, head and ETag, then the body as it is served |
//! | `payments:q:{payments:all}:0` to `…:255` | other answers, each in the place that its query's digest names |
//! | `{payments:all}:ver` | the version: a random token |
//! | `{payments:all}:epoch` | which life of which server the version belongs to |
//!
//! Two kinds of connections. Questions and bumps, a hundred bytes each, have one for each runtime that asks
//! ([`lasting`]), without a pool, which would send a `PING` before it hands one out. Bodies, which may be megabytes, go
//! over those of a pool, so that no question waits behind one.
//!
//! **Invariant:** no connection is used before the `EPOCH` script has run on it, and a connection that has
//! failed in whatever way is never used again. So whoever reads a version reads it from a server that has
//! lost nothing since that version was made.
//!
//! **Round trips.** [`RedisCache::version`](RedisCache) and `bump` one, `fetch` and `fill` two. Every
//! operation ends within the connect timeout and the command timeout together, whatever the server does.

mod cache;
mod connect;
mod connections;
mod envelope;
mod error;
mod scripts;
mod settings;

pub use cache::RedisCache;
pub use settings::{RedisSettings, RedisSettingsError};
