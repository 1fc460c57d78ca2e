//! The composition root: the only module that names concrete adapters.

pub mod access;
pub mod data_folder;
mod events;
mod first_key;
mod ledger;
mod limits;
pub mod mail;
pub mod server_key;
mod sqlite_errors;
pub mod statements;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use hermes_cache::{LocalVersion, NO_SUCH_DATABASE, RedisCache, RedisEndpoint, RedisSettings, SigningKey};
use hermes_domain::ledger::RandomSource;
use hermes_domain::ports::{AccessStore, CacheError, Clock, PoolMetrics, SharedCache};
use hermes_repository::{
    Database, DatabaseSettings, MySqlAddress, SqlAccessStore, SqlLedgerStore, SqlPaymentReader,
};
use hermes_service::clock_monitor::ClockMonitor;
use hermes_service::mail::MailWorkerHandle;
use hermes_service::maintenance;
use hermes_service::matching::Matches;
use hermes_service::outbox::{CommitNotifier, RelayHandle};
use hermes_service::read_cache::run_consistency_checker;
use hermes_service::statements::Inbox;
use hermes_web::{AppState, BODY_FORMAT};
use sea_orm::{ConnectOptions, DatabaseConnection};
use secrecy::ExposeSecret;
use tokio::task::JoinHandle;

pub use self::ledger::{CommandLedger, command_ledger, staleness_bound};

use self::data_folder::SQLITE_FILE;
use crate::config::{Configuration, Settings};
use crate::error_text;
use crate::metrics::Exporter;

/// The wired application.
pub struct Application {
    /// The state shared by all endpoints.
    pub state: AppState,
    /// The writer task. It ends after the ledger writer is closed and the queue is empty.
    pub writer: JoinHandle<()>,
    /// The event relay, if Redis is configured.
    pub relay: Option<RelayHandle>,
    /// The mail worker, if a mail server is configured.
    pub mail: Option<MailWorkerHandle>,
    /// The database, which must be closed last.
    pub database: Database,
}

/// Returns the connection settings of the database.
pub fn database_settings(settings: &Settings) -> DatabaseSettings {
    let database = &settings.database;
    let mut connection = if settings.is_embedded() {
        DatabaseSettings::sqlite(&database.data_dir.join(SQLITE_FILE))
    } else {
        DatabaseSettings::mysql(&MySqlAddress {
            host: &database.host,
            port: Some(database.port),
            user: &database.user,
            password: database.password.expose_secret(),
            name: &database.name,
            ssl_mode: Some(database.ssl_mode.as_str()).filter(|mode| !mode.is_empty()),
            ssl_ca: Some(database.ssl_ca.as_str()).filter(|file| !file.is_empty()),
        })
    };
    connection.max_readers = database.connections_max;
    connection.acquire_timeout = Duration::from_millis(database.acquire_timeout_ms);
    connection.statement_timeout = Duration::from_millis(database.statement_timeout_ms);
    connection.slow_statement = Duration::from_millis(database.slow_statement_ms);
    connection
}

pub use limits::free_bytes;

/// Opens the database.
pub async fn open_database(settings: &Settings) -> Result<Database> {
    let opened = Database::connect(&database_settings(settings))
        .await
        .with_context(|| format!("cannot open the database ({})", database_label(settings)));
    explain_database_error(settings, opened)
}

/// Adds the remedy to an error that the operator can correct.
pub fn explain_database_error<T>(settings: &Settings, result: Result<T>) -> Result<T> {
    match result {
        Err(error) if settings.is_embedded() => {
            Err(sqlite_errors::explain(error, &settings.database.data_dir))
        }
        result => result,
    }
}

/// Returns the options of the connection for migrations. Creates the data folder and the file of an SQLite database.
pub fn migration_options(settings: &Settings) -> Result<ConnectOptions> {
    let folder = &settings.database.data_dir;
    let url = database_settings(settings).url;
    if settings.is_embedded() {
        data_folder::prepare(folder)?;
        let file = folder.join(SQLITE_FILE);
        let created = hermes_repository::create_private_file(&file)
            .with_context(|| format!("cannot create the file {}", file.display()));
        explain_database_error(settings, created)?;
    }
    let mut options = ConnectOptions::new(url);
    options.sqlx_logging_level(log::LevelFilter::Debug);
    Ok(options)
}

/// Opens one connection without the time limit of a statement, for work that reads whole tables.
pub async fn open_without_limits(settings: &Settings) -> Result<DatabaseConnection> {
    let mut options = migration_options(settings)?;
    options.max_connections(1);
    // The text of this error repeats its source.
    let opened = sea_orm::Database::connect(options).await.map_err(|error| anyhow!("{error}"));
    let opened = opened.with_context(|| format!("cannot open the database ({})", database_label(settings)));
    explain_database_error(settings, opened)
}

/// The cache and its connection pool, if it has one.
pub struct Cache {
    /// The cache.
    pub shared: Arc<dyn SharedCache>,
    /// The connection pool.
    pub pool: Option<Arc<dyn PoolMetrics>>,
}

/// Opens the shared cache, or the cache version of this process.
pub fn open_cache(settings: &Settings, signing_key: SigningKey) -> Result<Cache> {
    if !settings.shares_cache() {
        return Ok(Cache { shared: Arc::new(LocalVersion::default()), pool: None });
    }
    let cache = Arc::new(open_redis_cache(settings, signing_key)?);
    Ok(Cache { shared: cache.clone(), pool: Some(cache) })
}

/// Checks that Redis, if it is configured and up, accepts the configured database number and password.
///
/// Hermes works without Redis. Any other rejection, such as a wrong password or a certificate that the TLS library rejects,
/// is therefore only logged: it may be about to change in Redis.
///
/// # Errors
/// If the URL is invalid, or Redis has no database with its number.
async fn check_redis(settings: &Settings) -> Result<()> {
    if !settings.has_redis() {
        return Ok(());
    }
    // A ping reads no entry, so any key will do.
    match open_redis_cache(settings, SigningKey::new(&[0; 32]))?.ping().await {
        Err(CacheError::Refused(reason)) if reason == NO_SUCH_DATABASE => {
            bail!("{reason}: correct the number in REDIS_URL, or remove it for database 0")
        }
        // A user with rights on the event stream only is correct if the cache is not shared.
        Err(CacheError::Refused(reason)) if settings.shares_cache() => {
            log::error!(
                "Redis rejects Hermes, which starts without it: {reason}. Correct REDIS_URL or Redis"
            );
        }
        Err(error) => {
            let error = anyhow::Error::new(error);
            if let Some(advice) = error_text::advice(&error) {
                log::error!("Hermes starts without Redis: {error}; {advice}");
            }
        }
        Ok(_) => {}
    }
    Ok(())
}

/// Opens the cache in Redis. Connections are opened on demand.
///
/// # Errors
/// If the URL is invalid.
pub fn open_redis_cache(settings: &Settings, signing_key: SigningKey) -> Result<RedisCache> {
    let redis = RedisSettings {
        pool_max: settings.redis.pool_max,
        entry_ttl: Duration::from_secs(settings.cache.ttl_s),
        format: format!("body {BODY_FORMAT} window {}", settings.list.window),
        ..RedisSettings::new(redis_endpoint(settings, settings.redis.command_timeout_ms), signing_key)
    };
    RedisCache::connect(&redis).context("REDIS_URL is invalid")
}

/// Returns the Redis endpoint. The cache and the event stream have different command timeouts.
fn redis_endpoint(settings: &Settings, command_timeout_ms: u64) -> RedisEndpoint {
    RedisEndpoint {
        url: settings.redis.url.clone(),
        connect_timeout: Duration::from_millis(settings.redis.connect_timeout_ms),
        command_timeout: Duration::from_millis(command_timeout_ms),
    }
}

/// Describes the database for people, without its password.
pub fn database_label(settings: &Settings) -> String {
    let database = &settings.database;
    if settings.is_embedded() {
        format!("SQLite, {}", database.data_dir.join(SQLITE_FILE).display())
    } else {
        format!("{} at {}:{}", database.name, database.host, database.port)
    }
}

/// Wires the application and starts its background tasks.
pub async fn compose(configuration: &Configuration, metrics: Exporter) -> Result<Application> {
    let settings = &configuration.settings;
    check_redis(settings).await?;
    let server_key = server_key::load(settings)?;
    let database = open_database(settings).await?;
    let signing_key = SigningKey::new(&database.cache_signing_key().await?);
    let Cache { shared: cache, pool: cache_pool } = open_cache(settings, signing_key)?;
    let reader = Arc::new(SqlPaymentReader::new(&database));
    let reads = ledger::read_cache(settings, &reader, &cache);
    if settings.cache.compare_every_s > 0 {
        let every = Duration::from_secs(settings.cache.compare_every_s);
        tokio::spawn(run_consistency_checker(Arc::clone(&reads), every));
    }
    let cache_is_shared = settings.shares_cache();
    let store = Arc::new(SqlLedgerStore::new(&database));
    let clocks = Arc::new(ClockMonitor::new(Arc::new(SystemClock)));
    tokio::spawn(maintenance::purge_idempotency_keys(
        store.clone(),
        Arc::new(database.clone()),
        Arc::clone(&clocks),
    ));
    let rules = Arc::new(configuration.rules.clone());
    let commits = CommitNotifier::default();
    let (feed, relay) = events::start(settings, &database, &commits, Arc::clone(&clocks))?;
    let mail = mail::start(configuration, &database, Arc::clone(&reader), &commits, &server_key)?;
    let (ledger, writer) = ledger::start_writer(&rules, settings, store, &reads, commits, clocks);
    let link_mailer = mail::link_mailer(settings, &database, &ledger, &server_key);
    let keys: Arc<dyn AccessStore> = Arc::new(SqlAccessStore::new(&database));
    first_key::store_if_none(settings, keys.as_ref(), &ledger).await?;
    let access = access::open(configuration, &keys, &reads).await?;
    let importer = statements::importer(configuration, &database, &ledger)?;
    tokio::spawn(Arc::clone(&importer).run_worker());
    if !settings.statements.inbox.as_os_str().is_empty() {
        let inbox = Inbox::open(&settings.statements.inbox, Arc::clone(&importer))
            .with_context(|| format!("statements.inbox: {}", settings.statements.inbox.display()))?;
        tokio::spawn(inbox.watch());
    }
    let matches =
        Matches { store: statements::store(&database), ledger: ledger.clone(), clock: Arc::new(SystemClock) };
    let database_pools: Arc<dyn PoolMetrics> = Arc::new(database.clone());
    let state = AppState {
        access,
        ledger,
        feed,
        reads,
        receipts: reader.clone(),
        importer,
        matches,
        reader,
        keys,
        key_overlap: settings.access.key_overlap(),
        cache,
        redis_probe: Default::default(),
        cache_is_shared,
        pools: std::iter::once(database_pools).chain(cache_pool).collect(),
        metrics_text: Box::new(move || metrics.render()),
        random_source: Arc::new(SystemRandom),
        clock: Arc::new(SystemClock),
        server_key,
        rules,
        language: configuration.language,
        link_mailer,
        payment_mail: mail::reader(settings, &database),
        limits: limits::open(configuration),
        storage: limits::storage(settings),
        public_url: settings.server.public_url(),
        is_draining: AtomicBool::default(),
    };
    Ok(Application { state, writer, relay, mail, database })
}

/// The cryptographic random source of the operating system.
#[derive(Debug, Clone, Copy)]
pub struct SystemRandom;

impl RandomSource for SystemRandom {
    fn random(&self) -> uuid::Uuid {
        uuid::Uuid::new_v4()
    }
}

/// The system clock.
#[derive(Debug, Clone, Copy)]
struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> chrono::DateTime<chrono::Utc> {
        chrono::Utc::now()
    }
}
