//! How the stream is reached.

use std::time::Duration;

use secrecy::SecretString;

/// How the stream is reached; it prints without the URL, which may hold a password.
#[derive(Debug, Clone)]
pub struct StreamSettings {
    /// Where Redis is: `redis://user:password@host:6379/0`, or `rediss://…` over TLS.
    pub url: SecretString,
    /// How long making a connection may take.
    pub connect_timeout: Duration,
    /// How long the answer to a command may take.
    pub command_timeout: Duration,
    /// About how many events the stream keeps; Redis trims in whole nodes, so it may be some hundred more.
    pub length_max: usize,
}

/// Why settings cannot be used; a message never repeats the URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StreamSettingsError {
    /// The URL is not one of Redis.
    #[error("not a Redis URL such as redis://user:password@host:6379/0")]
    Url,
}

impl StreamSettings {
    /// The settings that suit a Redis in the same network.
    pub fn new(url: SecretString) -> Self {
        Self {
            url,
            connect_timeout: Duration::from_millis(250),
            command_timeout: Duration::from_millis(500),
            length_max: 1_000_000,
        }
    }
}
