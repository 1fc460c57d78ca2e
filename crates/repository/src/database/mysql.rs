//! How pools of MySQL and MariaDB are set up.

use std::sync::{Arc, Once};
use std::time::Duration;

use log::LevelFilter;
use sea_orm::ConnectOptions;
use sea_orm::sqlx::Connection;
use sea_orm::sqlx::mysql::MySqlConnectOptions;

use super::packet::MaxAllowedPacket;
use super::pool_invalidation::PoolInvalidation;
use super::session::{self, Role};
use super::settings::DatabaseSettings;
use super::socket;

/// The connections of the writing pool: the lane's, and one that the lane takes while a lost one still ends.
pub(super) const WRITERS_MAX: u32 = 2;

/// The prepared statements a connection keeps: every shape that the ledger and the readers use, twice over.
const STATEMENTS_KEPT: usize = 256;

/// A connection that rested for so long is asked whether it still stands.
const PING_IF_IDLE_FOR: Duration = Duration::from_secs(30);

/// A connection that rested for so long is closed, before the server does it.
const IDLE_MAX: Duration = Duration::from_secs(45);

/// What the connections of a server tell, and are judged by.
#[derive(Debug, Clone, Default)]
pub(super) struct Watch {
    pub(super) pool_invalidation: Arc<PoolInvalidation>,
    pub(super) packet_max: Arc<MaxAllowedPacket>,
}

/// The options of one pool.
pub(super) fn options(
    settings: &DatabaseSettings,
    role: Role,
    connections_max: u32,
    watch: &Watch,
) -> ConnectOptions {
    let mut options = ConnectOptions::new(&settings.url);
    options
        .max_connections(connections_max)
        .acquire_timeout(settings.acquire_timeout)
        .idle_timeout(IDLE_MAX)
        .test_before_acquire_if_idle_for(PING_IF_IDLE_FOR)
        .sqlx_logging_level(LevelFilter::Trace)
        .sqlx_slow_statements_logging_settings(LevelFilter::Warn, settings.slow_statement)
        .record_stmt_in_spans(false)
        .map_sqlx_mysql_opts(|options| options.statement_cache_capacity(STATEMENTS_KEPT));
    let statement_timeout = settings.statement_timeout;
    let port = port(&settings.url);
    let packet_max = Arc::clone(&watch.packet_max);
    options.map_sqlx_mysql_pool_opts(move |pool| {
        let packet_max = Arc::clone(&packet_max);
        pool.after_connect(move |connection, _| {
            let packet_max = Arc::clone(&packet_max);
            Box::pin(async move {
                tune_sockets(port).await;
                session::prepare(connection, role, statement_timeout, &packet_max).await
            })
        })
    });
    let pool_invalidation = Arc::clone(&watch.pool_invalidation);
    options.map_sqlx_mysql_before_acquire(move |connection, rest| {
        let given_up = pool_invalidation.has_given_up(rest.age);
        let suspected = pool_invalidation.covers(rest.idle_for);
        Box::pin(async move {
            if suspected && !given_up {
                connection.ping().await?;
            }
            Ok(!given_up)
        })
    });
    options
}

fn port(url: &str) -> Option<u16> {
    url.parse::<MySqlConnectOptions>().ok().map(|options| options.get_port())
}

/// Sets the options of the new connection's socket, and again those of the others. Without them Hermes works
/// all the same, but slowly.
async fn tune_sockets(port: Option<u16>) {
    static SAID: Once = Once::new();
    let Some(port) = port else { return };
    let tuned = tokio::task::spawn_blocking(move || socket::tune_connections_to(port)).await;
    if let Ok(Err(error)) = tuned {
        SAID.call_once(|| {
            log::warn!("large statements may wait 40 ms each, because sockets cannot be set up: {error}");
        });
    }
}
