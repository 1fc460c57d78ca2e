//! The Redis commands of a consumer group, one method each.

use std::collections::HashMap;
use std::time::Duration;

use hermes_redis::redis::aio::MultiplexedConnection;
use hermes_redis::redis::streams::{
    StreamAutoClaimReply, StreamClaimReply, StreamId, StreamInfoGroupsReply, StreamPendingCountReply,
    StreamPendingId, StreamRangeReply, StreamReadReply,
};
use hermes_redis::redis::{self, Cmd, FromRedisValue, RedisError, Value};
use hermes_redis::{Pool, PoolError, query, query_pipeline};

use super::entry::Entry;
use crate::stream::STREAM;

/// The maximum number of events per batch.
const BATCH_MAX: usize = 64;
/// How long a read of new events blocks in the server.
pub(super) const BLOCK_TIME: Duration = Duration::from_secs(1);
/// The approximate maximum number of dead letters.
const MAX_DEAD_LETTERS: usize = 10_000;
/// The maximum length of the reason stored with a dead letter, in characters.
const MAX_REASON_CHARS: usize = 500;

/// How far a group is behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lag {
    /// The number of events in the stream not yet delivered to the group, or `None` if Redis does not report it.
    pub behind: Option<usize>,
    /// The number of events delivered and not yet handled.
    pub pending: usize,
    /// The number of dead letters.
    pub dead: usize,
}

/// An event delivered to a consumer and not acknowledged.
pub(super) struct Pending {
    pub entry_id: String,
    /// The number of deliveries so far.
    pub deliveries: usize,
}

/// The result of claiming stale entries.
#[derive(Default)]
pub(super) struct Claimed {
    /// Whether any entry was claimed.
    pub any: bool,
    /// The stale entries that the stream no longer holds. Redis has removed them from the pending list.
    pub trimmed: Vec<String>,
}

/// A consumer's view of its group.
pub(super) struct Group {
    pool: Pool,
    name: String,
    consumer: String,
    claim_after_ms: u64,
}

impl Group {
    pub fn new(pool: Pool, name: &str, consumer: &str, claim_after: Duration) -> Self {
        let claim_after_ms = u64::try_from(claim_after.as_millis()).unwrap_or(u64::MAX);
        Self { pool, name: name.to_owned(), consumer: consumer.to_owned(), claim_after_ms }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// Creates the group unless it exists.
    ///
    /// Does not create the stream: an empty stream would look like one that lost its data.
    pub async fn create(&self, from: &str) -> Result<(), PoolError> {
        match self.query(redis::cmd("XGROUP").arg("CREATE").arg(STREAM).arg(&self.name).arg(from)).await {
            Err(PoolError::Backend(error)) if error.code() == Some("BUSYGROUP") => Ok(()),
            result => result,
        }
    }

    pub async fn stream_exists(&self) -> Result<bool, PoolError> {
        self.query(redis::cmd("EXISTS").arg(STREAM)).await
    }

    /// Reads new events. Blocks for at most [`BLOCK_TIME`].
    pub async fn read_new(
        &self,
        connection: &mut MultiplexedConnection,
    ) -> Result<Vec<StreamId>, RedisError> {
        let mut command = redis::cmd("XREADGROUP");
        command.arg("GROUP").arg(&self.name).arg(&self.consumer).arg("COUNT").arg(BATCH_MAX);
        command.arg("BLOCK").arg(BLOCK_TIME.as_millis().to_string()).arg("STREAMS").arg(STREAM).arg(">");
        let reply: Option<StreamReadReply> = command.query_async(connection).await?;
        Ok(reply.into_iter().flat_map(|reply| reply.keys).flat_map(|key| key.ids).collect())
    }

    /// Records that a batch was delivered. Returns the number of the event before the batch, if it is known.
    pub async fn advance_position(
        &self,
        first_id: &str,
        last_id: &str,
        last_seq: i64,
    ) -> Result<Option<i64>, PoolError> {
        let mut command = redis::cmd("EVAL");
        command.arg(include_str!("group_position.lua")).arg(2);
        command.arg(STREAM).arg(format!("{STREAM}:place:{}", self.name));
        command.arg(first_id).arg(last_id).arg(last_seq);
        self.query(&command).await
    }

    /// Claims entries without a recent heartbeat from other consumers.
    pub async fn claim_stale(&self) -> Result<Claimed, PoolError> {
        let mut from = "0-0".to_owned();
        let mut claimed = Claimed::default();
        loop {
            let mut command = redis::cmd("XAUTOCLAIM");
            command.arg(STREAM).arg(&self.name).arg(&self.consumer).arg(self.claim_after_ms).arg(&from);
            command.arg("COUNT").arg(BATCH_MAX).arg("JUSTID");
            let reply: StreamAutoClaimReply = self.query(&command).await?;
            claimed.any |= !reply.claimed.is_empty();
            claimed.trimmed.extend(reply.deleted_ids);
            from = reply.next_stream_id;
            if from == "0-0" {
                return Ok(claimed);
            }
        }
    }

    /// Lists the pending entries of this consumer, oldest first.
    pub async fn own_pending(&self) -> Result<Vec<Pending>, PoolError> {
        let mut command = redis::cmd("XPENDING");
        command.arg(STREAM).arg(&self.name).arg("-").arg("+").arg(BATCH_MAX).arg(&self.consumer);
        let reply: StreamPendingCountReply = self.query(&command).await?;
        let pending =
            |entry: StreamPendingId| Pending { entry_id: entry.id, deliveries: entry.times_delivered };
        Ok(reply.ids.into_iter().map(pending).collect())
    }

    /// Reads an entry without counting a delivery. Returns `None` if it was trimmed.
    pub async fn read(&self, entry_id: &str) -> Result<Option<HashMap<String, Value>>, PoolError> {
        let reply: StreamRangeReply =
            self.query(redis::cmd("XRANGE").arg(STREAM).arg(entry_id).arg(entry_id)).await?;
        Ok(reply.ids.into_iter().next().map(|entry| entry.map))
    }

    /// Sets the delivery count of an entry. Returns whether the entry is still pending. Idempotent.
    pub async fn record_delivery(&self, entry_id: &str, delivery: usize) -> Result<bool, PoolError> {
        let mut command = self.claim_command();
        command.arg(entry_id).arg("RETRYCOUNT").arg(delivery);
        let reply: StreamClaimReply = self.query(&command).await?;
        Ok(!reply.ids.is_empty())
    }

    /// Resets the idle time of entries, so that no other consumer claims them.
    pub async fn heartbeat(&self, entry_ids: &[String]) -> Result<(), PoolError> {
        self.query::<Value>(self.claim_command().arg(entry_ids).arg("JUSTID")).await.map(drop)
    }

    /// Removes an entry from the pending list.
    pub async fn acknowledge(&self, entry_id: &str) -> Result<(), PoolError> {
        self.query(redis::cmd("XACK").arg(STREAM).arg(&self.name).arg(entry_id)).await
    }

    /// Moves an entry to the dead letters with a reason, atomically.
    pub async fn dead_letter(&self, entry: &Entry, reason: &str) -> Result<(), PoolError> {
        let mut letter = redis::cmd("XADD");
        letter.arg(self.dead_letters()).arg("MAXLEN").arg("~").arg(MAX_DEAD_LETTERS).arg("*");
        for (name, value) in &entry.fields {
            if let Value::BulkString(value) = value {
                letter.arg(name).arg(value);
            }
        }
        let reason: String = reason.chars().take(MAX_REASON_CHARS).collect();
        letter.arg("entry").arg(&entry.id).arg("deliveries").arg(entry.recorded).arg("reason").arg(reason);
        let mut pipeline = redis::pipe();
        pipeline.atomic().add_command(letter).ignore();
        pipeline.cmd("XACK").arg(STREAM).arg(&self.name).arg(&entry.id).ignore();
        query_pipeline(&self.pool, &pipeline).await
    }

    pub async fn lag(&self) -> Result<Lag, PoolError> {
        let groups: StreamInfoGroupsReply = self.query(redis::cmd("XINFO").arg("GROUPS").arg(STREAM)).await?;
        let dead = self.query(redis::cmd("XLEN").arg(self.dead_letters())).await?;
        let own = groups.groups.into_iter().find(|group| group.name == self.name);
        Ok(own.map_or(Lag { behind: None, pending: 0, dead }, |own| Lag {
            behind: own.lag,
            pending: own.pending,
            dead,
        }))
    }

    /// Begins a command that claims entries regardless of their idle time.
    fn claim_command(&self) -> Cmd {
        let mut command = redis::cmd("XCLAIM");
        command.arg(STREAM).arg(&self.name).arg(&self.consumer).arg(0);
        command
    }

    fn dead_letters(&self) -> String {
        format!("{STREAM}:dead:{}", self.name)
    }

    async fn query<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, PoolError> {
        query(&self.pool, command).await
    }
}
