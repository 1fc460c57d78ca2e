//! What the tests have in common.

use std::ops::RangeInclusive;
use std::time::Duration;

use chrono::DateTime;
use hermes_domain::ledger::{BatchToken, EventId, EventPosition, OutboxEvent};
use hermes_domain::ports::{EventPublisher, PublishError};
use hermes_events::{RedisPublisher, StreamSettings};
use hermes_test_support::RedisServer;
use tokio::time::Instant;
use uuid::Uuid;

pub const STREAM: &str = "{hermes:events}";
pub const MARK: &str = "{hermes:events}:mark";

/// How long a server that is back may need.
const BACK_MAX: Duration = Duration::from_secs(10);

/// Settings that wait for a busy machine.
pub fn patient(server: &RedisServer) -> StreamSettings {
    let patience = Duration::from_secs(30);
    StreamSettings {
        connect_timeout: patience,
        command_timeout: patience,
        ..StreamSettings::new(server.url().into())
    }
}

pub fn publisher(settings: &StreamSettings) -> RedisPublisher {
    RedisPublisher::connect(settings).unwrap()
}

pub fn events(numbers: RangeInclusive<i64>) -> Vec<OutboxEvent> {
    let event = |seq| OutboxEvent {
        id: EventId::new(BatchToken(Uuid::from_u128(1)), seq),
        seq,
        event_type: "payment.booked".to_owned(),
        occurred_at: DateTime::from_timestamp_micros(1_795_348_800_123_456).unwrap(),
        reference: format!("REF{seq:03}"),
        data: r#"{"amount":"1.00"}"#.to_owned(),
    };
    numbers.map(event).collect()
}

pub fn mark(seq: i64) -> Option<EventPosition> {
    Some(EventPosition { seq, id: EventId::new(BatchToken(Uuid::from_u128(1)), seq) })
}

/// Asks until there is an answer: a server that is back, or a machine that was busy, may need a moment.
pub async fn answer<T>(mut ask: impl AsyncFnMut() -> Result<T, PublishError>) -> T {
    let deadline = Instant::now() + BACK_MAX;
    loop {
        match ask().await {
            Ok(answer) => return answer,
            Err(error) => assert!(Instant::now() < deadline, "{error}"),
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

pub async fn seqs(publisher: &RedisPublisher) -> Vec<i64> {
    let mut places = publisher.recent(10_000).await.unwrap();
    places.reverse();
    places.into_iter().map(|mark| mark.seq).collect()
}
