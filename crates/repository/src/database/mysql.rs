//! Options of the pools of MySQL and MariaDB.

use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Once};
use std::time::Duration;

use log::LevelFilter;
use sea_orm::ConnectOptions;
use sea_orm::sqlx::Connection;
use sea_orm::sqlx::mysql::MySqlConnectOptions;

use super::pool_invalidation::PoolInvalidation;
use super::session::{self, Role};
use super::settings::DatabaseSettings;
use super::socket;

/// Connections of the writer pool: one for the ledger writer, and a second while a lost one is still ending.
pub(super) const MAX_WRITERS: u32 = 2;

/// Prepared statements that a connection caches. The INSERTs of the ledger alone can have 320 lengths.
const STATEMENT_CACHE_SIZE: usize = 512;

/// A connection that was idle for this long is pinged before use.
const PING_IF_IDLE_FOR: Duration = Duration::from_secs(30);

/// A connection that was idle for this long is closed, before the server closes the connection.
const IDLE_TIMEOUT: Duration = Duration::from_secs(45);

/// What all connections to one server share.
#[derive(Debug)]
pub(super) struct ServerState {
    pub(super) pool_invalidation: Arc<PoolInvalidation>,
    /// `max_allowed_packet` of the server in bytes, as read by the newest connection. SQLite has no such limit.
    pub(super) max_packet: Arc<AtomicUsize>,
}

/// Returns the options of one pool.
pub(super) fn options(
    settings: &DatabaseSettings,
    role: Role,
    max_connections: u32,
    server: &ServerState,
) -> ConnectOptions {
    let mut options = ConnectOptions::new(&settings.url);
    options
        .max_connections(max_connections)
        .acquire_timeout(settings.acquire_timeout)
        .idle_timeout(IDLE_TIMEOUT)
        .test_before_acquire_if_idle_for(PING_IF_IDLE_FOR)
        .sqlx_logging_level(LevelFilter::Trace)
        .sqlx_slow_statements_logging_settings(LevelFilter::Warn, settings.slow_statement)
        .record_stmt_in_spans(false)
        .map_sqlx_mysql_opts(|options| options.statement_cache_capacity(STATEMENT_CACHE_SIZE));
    let statement_timeout = settings.statement_timeout;
    let port = port(&settings.url);
    let max_packet = Arc::clone(&server.max_packet);
    options.map_sqlx_mysql_pool_opts(move |pool| {
        let max_packet = Arc::clone(&max_packet);
        pool.after_connect(move |connection, _| {
            let max_packet = Arc::clone(&max_packet);
            Box::pin(async move {
                tune_sockets(port).await;
                session::init_session(connection, role, statement_timeout, &max_packet).await
            })
        })
    });
    let pool_invalidation = Arc::clone(&server.pool_invalidation);
    options.map_sqlx_mysql_before_acquire(move |connection, rest| {
        let must_discard = pool_invalidation.must_discard(rest.age);
        let needs_ping = pool_invalidation.needs_ping(rest.idle_for);
        Box::pin(async move {
            if needs_ping && !must_discard {
                connection.ping().await?;
            }
            Ok(!must_discard)
        })
    });
    options
}

fn port(url: &str) -> Option<u16> {
    url.parse::<MySqlConnectOptions>().ok().map(|options| options.get_port())
}

/// Sets the options of the new connection's socket, and sets those of the others again.
///
/// A failure is logged once: without the options Hermes works, but slowly.
async fn tune_sockets(port: Option<u16>) {
    static LOGGED: Once = Once::new();
    let Some(port) = port else { return };
    let tuned = tokio::task::spawn_blocking(move || socket::tune_connections_to(port)).await;
    if let Ok(Err(error)) = tuned {
        LOGGED.call_once(|| {
            log::warn!("socket options cannot be set, so large statements may take 40 ms longer: {error}");
        });
    }
}
