//! The stream on Redis 7.
//!
//! | key | holds |
//! |---|---|
//! | `{hermes:events}` | the stream: an entry an event, trimmed to about as many as is configured |
//! | `{hermes:events}:mark` | the last event that was appended, as `seq:id` |
//! | `{hermes:events}:dead:<group>` | what a group of consumers gave up |
//! | `{hermes:events}:place:<group>` | the last event that a group was given, as `entry seq` |
//! | `{hermes:events}:seen:<group>:<id>` | that a group has handled an event, for a while |
//!
//! Every key has the stream's name in braces, so that a cluster keeps them in one place. An entry has the fields
//! `id`, `seq`, `type`, `time` (RFC 3339, UTC), `reference` and `data` (JSON).
//!
//! **The mark** is written in the script that appends, so it lives and dies with the stream: a server that was
//! restarted empty or from an old dump, or a replica that became the primary, has the mark of what it has. One
//! that is missing alone (evicted, deleted) is read from the last entry; one whose stream is gone is void.

mod connect;
mod error;
mod publisher;
mod settings;

pub use publisher::RedisPublisher;
pub use settings::{StreamSettings, StreamSettingsError};

pub(crate) use connect::{Connect, ask};
pub(crate) use error::{is_refusal, message};

/// The stream.
pub const STREAM: &str = "{hermes:events}";
/// Its end.
pub(crate) const MARK: &str = "{hermes:events}:mark";
