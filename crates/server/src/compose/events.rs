//! Wires the event feed and, if Redis is configured, the relay.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use chrono::TimeDelta;
use hermes_domain::ledger::RandomSource;
use hermes_domain::ports::RelayLease;
use hermes_events::{RedisPublisher, StreamSettings};
use hermes_repository::{Database, SqlOutbox};
use hermes_service::outbox::{
    CommitNotifier, Feed, FeedSettings, Relay, RelayHandle, RelayParts, RelaySettings, Retention,
    poll_outbox, run_retention,
};

use crate::config::{Settings, millis};
use crate::system::{SystemClock, SystemRandom};

/// The event feed and relay.
pub(super) struct Events {
    /// Serves `GET /api/events`.
    pub feed: Arc<Feed>,
    /// Publishes to the Redis stream, if Redis is configured.
    pub relay: Option<RelayHandle>,
}

/// Starts the feed, the outbox poller, the retention job and the relay.
pub(super) fn start(settings: &Settings, database: &Database, commits: &CommitNotifier) -> Result<Events> {
    let outbox = Arc::new(SqlOutbox::new(database));
    let feed_settings = FeedSettings { waiters_max: settings.events.waiters_max };
    let feed = Arc::new(Feed::new(outbox.clone(), commits.clone(), feed_settings));
    tokio::spawn(poll_outbox(outbox.clone(), commits.clone(), millis(settings.events.poll_ms)));
    let lease: Option<Arc<dyn RelayLease>> = if settings.has_redis() { Some(outbox.clone()) } else { None };
    tokio::spawn(run_retention(Retention {
        outbox: outbox.clone(),
        rows: outbox.clone(),
        published: lease.clone(),
        clock: Arc::new(SystemClock),
        kept: TimeDelta::days(i64::from(settings.events.retention_days)),
    }));
    let relay = match lease {
        Some(lease) => Some(start_relay(settings, outbox, lease, commits)?),
        None => None,
    };
    Ok(Events { feed, relay })
}

fn start_relay(
    settings: &Settings,
    outbox: Arc<SqlOutbox>,
    lease: Arc<dyn RelayLease>,
    commits: &CommitNotifier,
) -> Result<RelayHandle> {
    let stream = StreamSettings {
        connect_timeout: millis(settings.redis.connect_timeout_ms),
        command_timeout: millis(settings.events.command_timeout_ms),
        length_max: usize::try_from(settings.events.stream_length_max).unwrap_or(usize::MAX),
        ..StreamSettings::new(settings.redis.url.clone())
    };
    let parts = RelayParts {
        outbox,
        stream: Arc::new(RedisPublisher::connect(&stream).context("REDIS_URL is invalid")?),
        lease,
        signal: commits.clone(),
        clock: Arc::new(SystemClock),
    };
    let limits = RelaySettings {
        holder: SystemRandom.random(),
        lease: Duration::from_secs(settings.events.lease_s),
        stream_length_max: i64::from(settings.events.stream_length_max),
    };
    Ok(Relay::start(parts, limits))
}
