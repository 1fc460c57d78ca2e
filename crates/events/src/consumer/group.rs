//! What a consumer asks of its group, a command each.

use std::collections::HashMap;

use deadpool_redis::redis::aio::MultiplexedConnection;
use deadpool_redis::redis::streams::{
    StreamAutoClaimReply, StreamClaimReply, StreamId, StreamInfoGroupsReply, StreamPendingCountReply,
    StreamRangeReply, StreamReadReply,
};
use deadpool_redis::redis::{self, Cmd, FromRedisValue, Value};
use deadpool_redis::{Pool, PoolError};

use super::ConsumerSettings;
use crate::redis::{STREAM, ask};

/// The most events that are taken at once.
const BATCH_MAX: usize = 64;
/// How long a question for new events waits in the server, in milliseconds.
pub(super) const BLOCK_MS: u64 = 1_000;
/// About how many dead letters are kept.
const DEAD_MAX: usize = 10_000;
/// The longest reason that is kept with a dead letter, in characters.
const REASON_MAX: usize = 500;

/// How far a group is behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lag {
    /// How many events of the stream were not delivered to the group yet; `None` when Redis cannot tell.
    pub behind: Option<usize>,
    /// How many are delivered and not handled.
    pub pending: usize,
    /// How many dead letters the group has.
    pub dead: usize,
}

/// An event that is delivered and not handled.
pub(super) struct Pending {
    pub entry_id: String,
    /// How often it was delivered.
    pub deliveries: usize,
}

/// What was taken over from others.
#[derive(Default)]
pub(super) struct Claimed {
    /// Whether there was anything.
    pub any: bool,
    /// The entries that were to be taken over and are trimmed away; the list has forgotten them.
    pub trimmed: Vec<String>,
}

/// A group, as one of its consumers sees it.
pub(super) struct Group {
    pub pool: Pool,
    group: String,
    name: String,
    claim_after_ms: u64,
}

impl Group {
    pub fn new(pool: Pool, settings: &ConsumerSettings) -> Self {
        let claim_after_ms = u64::try_from(settings.claim_after.as_millis()).unwrap_or(u64::MAX);
        Self { pool, group: settings.group.clone(), name: settings.name.clone(), claim_after_ms }
    }

    /// The group's name, for figures and the log.
    pub fn label(&self) -> &str {
        &self.group
    }

    /// Makes the group; one that is there stays as it is. Tells whether it was made.
    ///
    /// The stream is not made along: an empty one would look like one that was lost.
    pub async fn create(&self, from: &str) -> Result<bool, PoolError> {
        let mut command = redis::cmd("XGROUP");
        command.arg("CREATE").arg(STREAM).arg(&self.group).arg(from);
        match self.ask::<()>(&command).await {
            Ok(()) => Ok(true),
            Err(PoolError::Backend(error)) if error.code() == Some("BUSYGROUP") => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Whether there is a stream.
    pub async fn stream_exists(&self) -> Result<bool, PoolError> {
        let mut command = redis::cmd("EXISTS");
        command.arg(STREAM);
        self.ask(&command).await
    }

    /// Waits a moment for new events.
    pub async fn read_new(
        &self,
        connection: &mut MultiplexedConnection,
    ) -> Result<Vec<StreamId>, redis::RedisError> {
        let mut command = redis::cmd("XREADGROUP");
        command.arg("GROUP").arg(&self.group).arg(&self.name).arg("COUNT").arg(BATCH_MAX);
        command.arg("BLOCK").arg(BLOCK_MS).arg("STREAMS").arg(STREAM).arg(">");
        let reply: Option<StreamReadReply> = command.query_async(connection).await?;
        Ok(reply.into_iter().flat_map(|reply| reply.keys).flat_map(|key| key.ids).collect())
    }

    /// Notes that the group was given a batch; tells the number of the event before it, as far as that is known.
    pub async fn place(
        &self,
        first_id: &str,
        last_id: &str,
        last_seq: i64,
    ) -> Result<Option<i64>, PoolError> {
        let mut command = redis::cmd("EVAL");
        command
            .arg(include_str!("place.lua"))
            .arg(2)
            .arg(STREAM)
            .arg(format!("{STREAM}:place:{}", self.group));
        command.arg(first_id).arg(last_id).arg(last_seq);
        self.ask(&command).await
    }

    /// Takes over what others have left for too long.
    pub async fn claim_stale(&self) -> Result<Claimed, PoolError> {
        let mut from = "0-0".to_owned();
        let mut claimed = Claimed::default();
        loop {
            let mut command = redis::cmd("XAUTOCLAIM");
            command.arg(STREAM).arg(&self.group).arg(&self.name).arg(self.claim_after_ms).arg(&from);
            command.arg("COUNT").arg(BATCH_MAX).arg("JUSTID");
            let reply: StreamAutoClaimReply = self.ask(&command).await?;
            claimed.any |= !reply.claimed.is_empty();
            claimed.trimmed.extend(reply.deleted_ids);
            from = reply.next_stream_id;
            if from == "0-0" {
                return Ok(claimed);
            }
        }
    }

    /// Lists what this consumer has and has not handled, oldest first.
    pub async fn own_pending(&self) -> Result<Vec<Pending>, PoolError> {
        let mut command = redis::cmd("XPENDING");
        command.arg(STREAM).arg(&self.group).arg("-").arg("+").arg(BATCH_MAX).arg(&self.name);
        let reply: StreamPendingCountReply = self.ask(&command).await?;
        let pending = |entry: redis::streams::StreamPendingId| Pending {
            entry_id: entry.id,
            deliveries: entry.times_delivered,
        };
        Ok(reply.ids.into_iter().map(pending).collect())
    }

    /// Reads an entry, which does not count; `None` is one that was trimmed away.
    pub async fn read(&self, entry_id: &str) -> Result<Option<HashMap<String, Value>>, PoolError> {
        let mut command = redis::cmd("XRANGE");
        command.arg(STREAM).arg(entry_id).arg(entry_id);
        let reply: StreamRangeReply = self.ask(&command).await?;
        Ok(reply.ids.into_iter().next().map(|entry| entry.map))
    }

    /// Sets how many deliveries of an entry there were; tells whether the entry is still there. Asked twice
    /// it counts once.
    pub async fn count_delivery(&self, entry_id: &str, delivery: usize) -> Result<bool, PoolError> {
        let mut command = redis::cmd("XCLAIM");
        command.arg(STREAM).arg(&self.group).arg(&self.name).arg(0).arg(entry_id);
        command.arg("RETRYCOUNT").arg(delivery);
        let reply: StreamClaimReply = self.ask(&command).await?;
        Ok(!reply.ids.is_empty())
    }

    /// Says that entries are still being worked on, so that nobody claims them.
    pub async fn keep(&self, entry_ids: &[String]) -> Result<(), PoolError> {
        let mut command = redis::cmd("XCLAIM");
        command.arg(STREAM).arg(&self.group).arg(&self.name).arg(0).arg(entry_ids).arg("JUSTID");
        self.ask::<Value>(&command).await.map(drop)
    }

    /// Takes an entry off the list.
    pub async fn acknowledge(&self, entry_id: &str) -> Result<(), PoolError> {
        let mut command = redis::cmd("XACK");
        command.arg(STREAM).arg(&self.group).arg(entry_id);
        self.ask(&command).await
    }

    /// Gives an entry up, with its fields and the reason, and takes it off the list, both or neither.
    pub async fn dead_letter(
        &self,
        entry_id: &str,
        deliveries: usize,
        fields: &HashMap<String, Value>,
        reason: &str,
    ) -> Result<(), PoolError> {
        let mut letter = redis::cmd("XADD");
        letter.arg(self.dead()).arg("MAXLEN").arg("~").arg(DEAD_MAX).arg("*");
        for (name, value) in fields {
            if let Value::BulkString(value) = value {
                letter.arg(name).arg(value);
            }
        }
        let reason: String = reason.chars().take(REASON_MAX).collect();
        letter.arg("entry").arg(entry_id).arg("deliveries").arg(deliveries).arg("reason").arg(reason);
        let mut pipe = redis::pipe();
        pipe.atomic().add_command(letter).ignore();
        pipe.cmd("XACK").arg(STREAM).arg(&self.group).arg(entry_id).ignore();
        let mut connection = self.pool.get().await?;
        let buried: Result<(), _> = pipe.query_async(&mut connection).await;
        if buried.is_err() {
            drop(deadpool_redis::Connection::take(connection));
        }
        Ok(buried?)
    }

    /// How far the group is behind.
    pub async fn lag(&self) -> Result<Lag, PoolError> {
        let mut groups = redis::cmd("XINFO");
        groups.arg("GROUPS").arg(STREAM);
        let mut letters = redis::cmd("XLEN");
        letters.arg(self.dead());
        let groups: StreamInfoGroupsReply = self.ask(&groups).await?;
        let dead = self.ask(&letters).await?;
        let own = groups.groups.into_iter().find(|group| group.name == self.group);
        Ok(own.map_or(Lag { behind: None, pending: 0, dead }, |own| Lag {
            behind: own.lag,
            pending: own.pending,
            dead,
        }))
    }

    fn dead(&self) -> String {
        format!("{STREAM}:dead:{}", self.group)
    }

    async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, PoolError> {
        ask(&self.pool, command).await
    }
}
