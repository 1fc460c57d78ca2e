//! How the stream is followed.

use std::time::Duration;

use crate::StreamSettings;

/// Where a new group starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Start {
    /// With the oldest event that the stream has.
    #[default]
    Oldest,
    /// With what is published after the group was made. A group that Redis has lost starts at the oldest
    /// nevertheless: what it has missed meanwhile would be lost otherwise.
    Newest,
}

/// How the stream is followed.
#[derive(Debug, Clone)]
pub struct ConsumerSettings {
    /// Where the stream is.
    pub stream: StreamSettings,
    /// The group: each event is for one consumer of it. Services have groups of their own.
    pub group: String,
    /// The consumer's name in the group. One that stays the same takes up what it left when it was restarted.
    pub name: String,
    /// Where a new group starts.
    pub start: Start,
    /// After how long without a sign of life the events of another consumer are claimed.
    pub claim_after: Duration,
    /// The pause before an event whose handler has failed is delivered again.
    pub retry_pause: Duration,
}

impl ConsumerSettings {
    /// The usual settings of a consumer.
    pub fn new(stream: StreamSettings, group: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            stream,
            group: group.into(),
            name: name.into(),
            start: Start::default(),
            claim_after: Duration::from_secs(30),
            retry_pause: Duration::from_secs(1),
        }
    }
}
