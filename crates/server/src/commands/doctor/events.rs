//! How the events stand.

use anyhow::Result;
use hermes_domain::ports::{Outbox, RelayLease};
use hermes_repository::{Database, SqlOutbox};

/// Tells how many events there are, and how far they are published.
pub(super) async fn look_at(database: &Database) -> Result<String> {
    let outbox = SqlOutbox::new(database);
    let (newest, relay) = (outbox.newest_event().await?, outbox.relay_status().await?);
    let publisher = match relay.holder {
        Some(_) => "an instance publishes them to Redis",
        None => "no instance publishes them to Redis now",
    };
    Ok(format!("{newest} so far, {publisher}; {} were noted as published", relay.published_seq))
}
