//! [`EventPublisher`] on Redis.

use async_trait::async_trait;
use chrono::SecondsFormat;
use deadpool_redis::redis::streams::StreamRangeReply;
use deadpool_redis::redis::{self, Cmd};
use deadpool_redis::{Pool, PoolError};
use hermes_domain::ledger::{EventId, EventPosition, OutboxEvent};
use hermes_domain::ports::{EventPublisher, PublishError, Published};
use uuid::Uuid;

use super::error::publish_error;
use super::{Connect, MARK, STREAM, StreamSettings, StreamSettingsError, ask};

/// Publishes to a stream on Redis.
///
/// One script carries out the whole of [`EventPublisher::publish`], so that nothing comes in between. It is sent
/// whole (`EVAL`): a kilobyte costs less than to handle that the server may have forgotten it.
pub struct RedisPublisher {
    pool: Pool,
    length_max: usize,
}

impl RedisPublisher {
    /// Makes a publisher. Connections are made when they are needed: that Redis is down is no error here.
    ///
    /// # Errors
    /// When the settings cannot be used.
    pub fn connect(settings: &StreamSettings) -> Result<Self, StreamSettingsError> {
        Ok(Self { pool: Connect::new(settings)?.pool()?, length_max: settings.length_max.max(1) })
    }

    async fn append(
        &self,
        after: Option<EventPosition>,
        events: &[OutboxEvent],
    ) -> Result<Published, PublishError> {
        let mut command = redis::cmd("EVAL");
        command.arg(include_str!("append.lua")).arg(2).arg(STREAM).arg(MARK);
        command.arg(after.map(text_of).unwrap_or_default()).arg(self.length_max);
        for event in events {
            add(&mut command, event);
        }
        let (mark, appended): (String, usize) =
            ask(&self.pool, &command).await.map_err(|error| publish_error(&error))?;
        Ok(Published { last_position: parse(&mark)?, appended })
    }
}

#[async_trait]
impl EventPublisher for RedisPublisher {
    async fn last_position(&self) -> Result<Option<EventPosition>, PublishError> {
        self.append(None, &[]).await.map(|published| published.last_position)
    }

    async fn recent(&self, limit: usize) -> Result<Vec<EventPosition>, PublishError> {
        let mut command = redis::cmd("XREVRANGE");
        command.arg(STREAM).arg("+").arg("-").arg("COUNT").arg(limit);
        let reply: Result<StreamRangeReply, PoolError> = ask(&self.pool, &command).await;
        let entries = reply.map_err(|error| publish_error(&error))?.ids;
        // Whatever else somebody has put there is none of ours.
        let mark = |entry: &redis::streams::StreamId| {
            let id = Uuid::try_parse(&entry.get::<String>("id")?).ok()?;
            Some(EventPosition { seq: entry.get("seq")?, id: EventId(id) })
        };
        Ok(entries.iter().filter_map(mark).collect())
    }

    async fn publish(
        &self,
        after: Option<EventPosition>,
        events: &[OutboxEvent],
    ) -> Result<Published, PublishError> {
        self.append(after, events).await
    }
}

fn add(command: &mut Cmd, event: &OutboxEvent) {
    command
        .arg(text_of(event.position()))
        .arg(event.id.to_string())
        .arg(event.seq)
        .arg(&event.event_type)
        .arg(event.occurred_at.to_rfc3339_opts(SecondsFormat::Micros, true))
        .arg(&event.reference)
        .arg(&event.data);
}

fn text_of(mark: EventPosition) -> String {
    format!("{}:{}", mark.seq, mark.id)
}

fn parse(text: &str) -> Result<Option<EventPosition>, PublishError> {
    if text.is_empty() {
        return Ok(None);
    }
    let parsed = text.split_once(':').and_then(|(seq, id)| {
        Some(EventPosition { seq: seq.parse().ok()?, id: EventId(Uuid::try_parse(id).ok()?) })
    });
    let strange = || PublishError::Refused(format!("{MARK} holds no mark: delete it"));
    parsed.map(Some).ok_or_else(strange)
}
