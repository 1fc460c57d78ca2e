//! The cache on Redis 7, shared by several instances.
//!
//! | key | value |
//! |---|---|
//! | `payments:all` | the list: a JSON line with its version, head, ETag and signature, then the body as it is served |
//! | `payments:q:{payments:all}:0` to `…:255` | entries of other queries, each in the slot that the digest of its query selects |
//! | `{payments:all}:ver` | the cache version: a random token |
//! | `{payments:all}:epoch` | the identity of the server that the version belongs to |
//!
//! **Connections.** Version checks and invalidations, a hundred bytes each, use one connection per runtime
//! (`connections`). Entries may be megabytes. They use a pool, so that no version check waits behind one.
//!
//! **Invariant:** a connection is not used before `check_epoch.lua` has run on it, nor after any error. A version
//! that is read therefore comes from a server that has lost nothing since the version was created.
//!
//! **Round trips.** `version` and `invalidate` take one; `get` and `put_if_version` take two, because the pool sends
//! a `PING` first. Every operation ends within the connect timeout plus the command timeout.

mod cache;
mod connections;
mod envelope;
mod scripts;
mod state;

pub use cache::{RedisCache, RedisSettings};
pub use envelope::SigningKey;
pub use state::RedisState;
