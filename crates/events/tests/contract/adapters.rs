//! The adapters, each as two instances of Hermes see it.

use std::sync::Arc;
use std::time::Duration;

use hermes_domain::ports::EventPublisher;
use hermes_events::{MemoryPublisher, RedisPublisher, StreamSettings};
use hermes_test_support::RedisServer;

/// More than any test has.
const LENGTH_MAX: usize = 10_000;

/// One stream, seen by two instances.
pub struct Stream {
    pub here: Arc<dyn EventPublisher>,
    pub there: Arc<dyn EventPublisher>,
}

/// The stream in the process; its two instances are one.
pub fn memory() -> Stream {
    let stream: Arc<dyn EventPublisher> = Arc::new(MemoryPublisher::new(LENGTH_MAX));
    Stream { here: Arc::clone(&stream), there: stream }
}

/// The stream on a server, with connections of its own for each instance.
pub fn redis(server: &RedisServer) -> Stream {
    // These tests are about answers, not about time: a busy machine must not fail them.
    let patience = Duration::from_secs(30);
    let settings = StreamSettings {
        connect_timeout: patience,
        command_timeout: patience,
        length_max: LENGTH_MAX,
        ..StreamSettings::new(server.url().into())
    };
    let instance = || Arc::new(RedisPublisher::connect(&settings).unwrap());
    Stream { here: instance(), there: instance() }
}
