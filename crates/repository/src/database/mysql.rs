//! How pools of MySQL and MariaDB are set up.

use std::sync::Arc;
use std::time::Duration;

use log::LevelFilter;
use sea_orm::ConnectOptions;
use sea_orm::sqlx::Connection;

use super::session::{self, Role};
use super::settings::DatabaseSettings;
use super::suspicion::Suspicion;

/// The connections of the writing pool: the lane's, and one that the lane takes while a lost one still ends.
pub(super) const WRITERS_MAX: u32 = 2;

/// The prepared statements a connection keeps: every shape that the ledger and the readers use, twice over.
const STATEMENTS_KEPT: usize = 256;

/// A connection that rested for so long is asked whether it still stands.
const TRUSTED_FOR: Duration = Duration::from_secs(30);

/// A connection that rested for so long is closed, before the server does it.
const IDLE_MAX: Duration = Duration::from_secs(45);

/// The options of one pool.
pub(super) fn options(
    settings: &DatabaseSettings,
    role: Role,
    connections_max: u32,
    suspicion: &Arc<Suspicion>,
) -> ConnectOptions {
    let mut options = ConnectOptions::new(&settings.url);
    options
        .max_connections(connections_max)
        .acquire_timeout(settings.acquire_timeout)
        .idle_timeout(IDLE_MAX)
        .test_before_acquire_if_idle_for(TRUSTED_FOR)
        .sqlx_logging_level(LevelFilter::Trace)
        .sqlx_slow_statements_logging_settings(LevelFilter::Warn, settings.slow_statement)
        .record_stmt_in_spans(false)
        .map_sqlx_mysql_opts(|options| options.statement_cache_capacity(STATEMENTS_KEPT));
    let statement_timeout = settings.statement_timeout;
    options.map_sqlx_mysql_pool_opts(move |pool| {
        pool.after_connect(move |connection, _| {
            Box::pin(session::prepare(connection, role, statement_timeout))
        })
    });
    let suspicion = Arc::clone(suspicion);
    options.map_sqlx_mysql_before_acquire(move |connection, rest| {
        let suspected = suspicion.covers(rest.idle_for);
        Box::pin(async move {
            if suspected {
                connection.ping().await?;
            }
            Ok(true)
        })
    });
    options
}
