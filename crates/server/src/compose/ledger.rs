//! Wires the read cache and the ledger writer, for the portal and for commands that change the ledger.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use hermes_cache::SigningKey;
use hermes_domain::ledger::Rules;
use hermes_domain::ports::SharedCache;
use hermes_repository::{Database, SqlLedgerStore, SqlPaymentReader};
use hermes_service::clock_monitor::ClockMonitor;
use hermes_service::outbox::CommitNotifier;
use hermes_service::read_cache::{QueryLimits, ReadCache, ReadCacheConfig, ReadCacheDeps};
use hermes_service::writer::{LedgerWriter, WriterConfig, WriterDeps};
use hermes_web::JsonRenderer;
use tokio::task::JoinHandle;

use super::{SystemClock, SystemRandom, open_cache};
use crate::config::{Configuration, Settings};

/// How long a client of the portal waits for its batch: no longer than the database responds as usual.
const CLIENT_BATCH_WAIT_MAX: Duration = Duration::from_secs(1);
/// How long a command waits for its batch. It has no other work, and its operator wants to know the result.
const COMMAND_BATCH_WAIT_MAX: Duration = Duration::from_secs(10);

/// The ledger of a command, which may run beside portals.
pub struct CommandLedger {
    /// Executes commands. Its replies wait until the portals that share the cache show the change.
    pub ledger: LedgerWriter,
    /// The task of the writer. It ends after the ledger is closed.
    pub writer: JoinHandle<()>,
    /// The cache of the portals, or of this process.
    pub cache: Arc<dyn SharedCache>,
}

/// Wires the ledger of a command. Portals publish the events.
pub async fn command_ledger(configuration: &Configuration, database: &Database) -> Result<CommandLedger> {
    let settings = &configuration.settings;
    let signing_key = SigningKey::new(&database.cache_signing_key().await?);
    let cache = open_cache(settings, signing_key)?.shared;
    let reads = read_cache(settings, &Arc::new(SqlPaymentReader::new(database)), &cache);
    let store = Arc::new(SqlLedgerStore::new(database));
    let clocks = Arc::new(ClockMonitor::new(Arc::new(SystemClock)));
    let rules = Arc::new(configuration.rules.clone());
    let config = writer_config(settings, COMMAND_BATCH_WAIT_MAX);
    let deps = writer_deps(rules, store, &reads, CommitNotifier::default(), clocks);
    let (ledger, writer) = LedgerWriter::start(deps, config);
    Ok(CommandLedger { ledger, writer, cache })
}

/// Returns the time after which every process without a shared cache shows a change of another process.
pub const fn staleness_bound(settings: &Settings) -> Duration {
    Duration::from_millis(settings.cache.staleness_bound_ms)
}

pub(super) fn read_cache(
    settings: &Settings,
    reader: &Arc<SqlPaymentReader>,
    cache: &Arc<dyn SharedCache>,
) -> Arc<ReadCache> {
    let renderer = Arc::new(JsonRenderer { list_window: settings.list.window });
    let deps = ReadCacheDeps { cache: Arc::clone(cache), reader: reader.clone(), renderer };
    ReadCache::new(deps, read_cache_config(settings))
}

/// Starts the writer of a portal.
pub(super) fn start_writer(
    rules: &Arc<Rules>,
    settings: &Settings,
    store: Arc<SqlLedgerStore>,
    reads: &Arc<ReadCache>,
    commits: CommitNotifier,
    clocks: Arc<ClockMonitor>,
) -> (LedgerWriter, JoinHandle<()>) {
    let config = writer_config(settings, CLIENT_BATCH_WAIT_MAX);
    LedgerWriter::start(writer_deps(Arc::clone(rules), store, reads, commits, clocks), config)
}

const fn writer_config(settings: &Settings, batch_wait_max: Duration) -> WriterConfig {
    let limits = &settings.ledger;
    WriterConfig {
        batch_max: limits.batch_max,
        queue_max: limits.queue_max,
        queue_age_max: Duration::from_millis(limits.queue_age_max_ms),
        batch_wait_max,
    }
}

fn writer_deps(
    rules: Arc<Rules>,
    store: Arc<SqlLedgerStore>,
    reads: &Arc<ReadCache>,
    commits: CommitNotifier,
    clocks: Arc<ClockMonitor>,
) -> WriterDeps {
    let barrier = reads.clone();
    WriterDeps { store, barrier, commits, rules, clocks, random_source: Arc::new(SystemRandom) }
}

fn read_cache_config(settings: &Settings) -> ReadCacheConfig {
    ReadCacheConfig {
        staleness_bound: staleness_bound(settings),
        head_deadline: Duration::from_millis(settings.database.acquire_timeout_ms),
        retry_cache_after: Duration::from_millis(settings.cache.staleness_bound_ms),
        window: settings.list.window,
        page_loads_max: usize::try_from(settings.database.connections_max).unwrap_or(1).div_ceil(2),
        queries: QueryLimits {
            count_max: settings.cache.queries_max,
            bytes_max: settings.cache.queries_bytes_max,
        },
        unverified_reads: settings.cache.unverified_reads,
    }
}
