mod memory;
mod redis;

pub use memory::{MemoryPublisher, Notice, SUBSCRIBER_BACKLOG_MAX, Subscription};
pub use redis::{RedisPublisher, STREAM, StreamSettings, StreamSettingsError};
