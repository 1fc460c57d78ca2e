//! Wires the event feed and, if Redis is configured, the relay.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use chrono::TimeDelta;
use hermes_domain::ledger::RandomSource;
use hermes_domain::ports::RelayLease;
use hermes_events::RedisPublisher;
use hermes_repository::{Database, SqlOutbox};
use hermes_service::clock_monitor::ClockMonitor;
use hermes_service::outbox::{
    CommitNotifier, Feed, Relay, RelayConfig, RelayDeps, RelayHandle, Retention, poll_outbox, run_retention,
};

use super::{SystemClock, SystemRandom, mail, redis_endpoint};
use crate::config::Settings;

/// Starts the feed, the outbox poller, the retention job and, if Redis is configured, the relay.
pub(super) fn start(
    settings: &Settings,
    database: &Database,
    commits: &CommitNotifier,
    clocks: Arc<ClockMonitor>,
) -> Result<(Arc<Feed>, Option<RelayHandle>)> {
    let outbox = Arc::new(SqlOutbox::new(database));
    let feed = Arc::new(Feed::new(
        outbox.clone(),
        commits.clone(),
        settings.events.waiters_max,
        settings.events.waiters_per_address_max,
    ));
    tokio::spawn(poll_outbox(
        outbox.clone(),
        commits.clone(),
        Duration::from_millis(settings.events.poll_ms),
    ));
    let lease: Option<Arc<dyn RelayLease>> = if settings.has_redis() { Some(outbox.clone()) } else { None };
    tokio::spawn(run_retention(Retention {
        outbox: outbox.clone(),
        events: outbox.clone(),
        followers: lease.clone().into_iter().chain(mail::follower(settings, database)).collect(),
        database: Arc::new(database.clone()),
        clocks,
        max_age: TimeDelta::days(i64::from(settings.events.retention_days)),
    }));
    let relay = match lease {
        Some(lease) => Some(start_relay(settings, outbox, lease, commits)?),
        None => None,
    };
    Ok((feed, relay))
}

fn start_relay(
    settings: &Settings,
    outbox: Arc<SqlOutbox>,
    lease: Arc<dyn RelayLease>,
    commits: &CommitNotifier,
) -> Result<RelayHandle> {
    let endpoint = redis_endpoint(settings, settings.events.command_timeout_ms);
    let length_max = usize::try_from(settings.events.stream_length_max).unwrap_or(usize::MAX);
    let stream = RedisPublisher::connect(&endpoint, length_max).context("REDIS_URL is invalid")?;
    let parts = RelayDeps {
        outbox,
        stream: Arc::new(stream),
        lease,
        commits: commits.clone(),
        clock: Arc::new(SystemClock),
    };
    let limits = RelayConfig {
        holder: SystemRandom.random(),
        lease_term: Duration::from_millis(settings.events.lease_ms),
        stream_length_max: i64::from(settings.events.stream_length_max),
    };
    Ok(Relay::start(parts, limits))
}
