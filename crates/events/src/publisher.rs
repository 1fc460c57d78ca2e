//! [`EventPublisher`] on Redis.

use async_trait::async_trait;
use chrono::SecondsFormat;
use hermes_domain::ledger::{EventId, EventPosition, OutboxEvent};
use hermes_domain::ports::{EventPublisher, PublishError, Published};
use hermes_redis::redis::streams::{StreamId, StreamRangeReply};
use hermes_redis::redis::{self, Cmd, FromRedisValue};
use hermes_redis::{CommandError, Pool, RedisConfigError, RedisConnector, RedisEndpoint, query};
use uuid::Uuid;

use crate::stream::{POOL_MAX, POSITION, STREAM, stream_error};

/// Appends events to the stream on Redis.
///
/// One script executes the whole of [`EventPublisher::publish`] atomically. It is sent in full with `EVAL`: a kilobyte
/// costs less than handling a server that has lost its script cache.
pub struct RedisPublisher {
    pool: Pool,
    length_max: usize,
}

impl RedisPublisher {
    /// Creates a publisher that trims the stream to about `length_max` events. Redis trims whole nodes, so the stream
    /// may hold some hundred more. Connections are opened on demand, so Redis may be down.
    ///
    /// # Errors
    /// If the URL is invalid.
    pub fn connect(endpoint: &RedisEndpoint, length_max: usize) -> Result<Self, RedisConfigError> {
        let pool = RedisConnector::new(endpoint)?.pool(POOL_MAX, endpoint.command_timeout, None)?;
        Ok(Self { pool, length_max: length_max.max(1) })
    }

    async fn append(
        &self,
        after: Option<EventPosition>,
        events: &[OutboxEvent],
    ) -> Result<Published, PublishError> {
        let mut command = redis::cmd("EVAL");
        command.arg(include_str!("append.lua")).arg(2).arg(STREAM).arg(POSITION);
        command.arg(after.map(position_text).unwrap_or_default()).arg(self.length_max);
        for event in events {
            add_event(&mut command, event);
        }
        let (position, appended): (String, usize) = self.query(&command).await?;
        Ok(Published { last_position: parse_position(&position)?, appended })
    }

    async fn query<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, PublishError> {
        query(&self.pool, command).await.map_err(|error| match stream_error(&error) {
            CommandError::Refused(text) => PublishError::Refused(text),
            CommandError::Unavailable(text) => PublishError::Unavailable(text),
        })
    }
}

#[async_trait]
impl EventPublisher for RedisPublisher {
    async fn last_position(&self) -> Result<Option<EventPosition>, PublishError> {
        self.append(None, &[]).await.map(|published| published.last_position)
    }

    async fn recent(&self, limit: usize) -> Result<Vec<EventPosition>, PublishError> {
        let reply: StreamRangeReply =
            self.query(redis::cmd("XREVRANGE").arg(STREAM).arg("+").arg("-").arg("COUNT").arg(limit)).await?;
        // Entries of other programs have no position.
        let position = |entry: &StreamId| {
            let id = Uuid::try_parse(&entry.get::<String>("id")?).ok()?;
            Some(EventPosition { seq: entry.get("seq")?, id: EventId(id) })
        };
        Ok(reply.ids.iter().filter_map(position).collect())
    }

    async fn publish(
        &self,
        after: Option<EventPosition>,
        events: &[OutboxEvent],
    ) -> Result<Published, PublishError> {
        self.append(after, events).await
    }
}

fn add_event(command: &mut Cmd, event: &OutboxEvent) {
    command
        .arg(position_text(event.position()))
        .arg(event.id.to_string())
        .arg(event.seq)
        .arg(&event.event_type)
        .arg(event.occurred_at.to_rfc3339_opts(SecondsFormat::Micros, true))
        .arg(&event.reference)
        .arg(&event.data);
}

fn position_text(position: EventPosition) -> String {
    format!("{}:{}", position.seq, position.id)
}

fn parse_position(text: &str) -> Result<Option<EventPosition>, PublishError> {
    if text.is_empty() {
        return Ok(None);
    }
    let parsed = text.split_once(':').and_then(|(seq, id)| {
        Some(EventPosition { seq: seq.parse().ok()?, id: EventId(Uuid::try_parse(id).ok()?) })
    });
    let malformed = || PublishError::Refused(format!("the key {POSITION} holds no position: delete the key"));
    parsed.map(Some).ok_or_else(malformed)
}
