//! The keys of the event stream on Redis 7.
//!
//! | key | value |
//! |---|---|
//! | `{hermes:events}` | the stream: one entry per event, trimmed to about the configured length |
//! | `{hermes:events}:mark` | the position of the last event appended, as `seq:id` |
//! | `{hermes:events}:dead:<group>` | the dead letters of a consumer group |
//! | `{hermes:events}:place:<group>` | the last event delivered to a group, as `entry seq` |
//! | `{hermes:events}:seen:<group>:<id>` | that a group has processed an event; expires |
//!
//! Every key contains the stream's name in braces, so that all keys hash to the same slot. An entry has the fields `id`,
//! `seq`, `type`, `time` (RFC 3339, UTC), `reference` and `data` (JSON).
//!
//! **Position.** The script that appends events also writes the position, so both are lost together: after a restart
//! without data or from an old dump, and after a failover, the position matches the stream. If only the position is
//! lost (evicted, deleted), it is read from the last entry. A position without a stream is ignored.

use hermes_redis::{Advice, CommandError, PoolError};

/// The key of the stream.
pub const STREAM: &str = "{hermes:events}";
/// The key of the position of its last event.
pub(crate) const POSITION: &str = "{hermes:events}:mark";

/// The maximum number of connections of a pool. Publishers and consumers send one command after the other.
pub(crate) const POOL_MAX: usize = 4;

const ADVICE: Advice = &[
    ("OOM", "Redis is out of memory: raise maxmemory or shorten the stream"),
    ("NOPERM", "the Redis user may not run EVAL and the stream commands on {hermes:events} and its keys"),
    ("WRONGTYPE", "a key that begins with {hermes:events} holds another type of value"),
];

/// Classifies an error of a command on the stream.
pub(crate) fn stream_error(error: &PoolError) -> CommandError {
    CommandError::new(error, ADVICE)
}
