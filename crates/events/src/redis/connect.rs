//! Connections: a pool for short questions, and single ones for those who wait.

use std::time::Duration;

use deadpool_redis::redis::aio::MultiplexedConnection;
use deadpool_redis::redis::io::tcp::TcpSettings;
use deadpool_redis::redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionInfo, FromRedisValue, IntoConnectionInfo, RedisError,
};
use deadpool_redis::{Connection, Manager, Pool, PoolError, Runtime};
use secrecy::ExposeSecret;

use super::{StreamSettings, StreamSettingsError};

/// The most connections of a pool: those who publish and those who consume ask one thing after the other.
const POOL_MAX: usize = 4;

/// Makes connections.
#[derive(Clone)]
pub(crate) struct Connect {
    info: ConnectionInfo,
    connect_timeout: Duration,
    command_timeout: Duration,
}

impl Connect {
    pub fn new(settings: &StreamSettings) -> Result<Self, StreamSettingsError> {
        let info =
            settings.url.expose_secret().into_connection_info().map_err(|_| StreamSettingsError::Url)?;
        Ok(Self {
            // It is off otherwise, and then a command that follows another waits until that one is acknowledged.
            info: info.set_tcp_settings(TcpSettings::default().set_nodelay(true)),
            connect_timeout: settings.connect_timeout,
            command_timeout: settings.command_timeout,
        })
    }

    /// A pool; no connection is made before one is asked for.
    pub fn pool(&self) -> Result<Pool, StreamSettingsError> {
        let config = self.config(Some(self.command_timeout));
        let manager =
            Manager::new_with_config(self.info.clone(), config).map_err(|_| StreamSettingsError::Url)?;
        let pool = Pool::builder(manager)
            .max_size(POOL_MAX)
            .wait_timeout(Some(self.command_timeout))
            .runtime(Runtime::Tokio1)
            .build();
        // All that can be wrong is that a limit has no runtime to keep it.
        pool.map_err(|_| StreamSettingsError::Url)
    }

    /// One connection that nobody else uses, for a command that waits: its answers have no time limit, because a
    /// command that is given up by the client goes on waiting in the server and holds up those behind it.
    pub async fn waiting(&self) -> Result<MultiplexedConnection, RedisError> {
        let client = Client::open(self.info.clone())?;
        client.get_multiplexed_async_connection_with_config(&self.config(None)).await
    }

    fn config(&self, response_timeout: Option<Duration>) -> AsyncConnectionConfig {
        AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.connect_timeout))
            .set_response_timeout(response_timeout)
    }
}

/// Sends a command over a connection of the pool; one that has failed in whatever way is never used again.
pub(crate) async fn ask<T: FromRedisValue>(pool: &Pool, command: &Cmd) -> Result<T, PoolError> {
    let mut connection = pool.get().await?;
    let answer = command.query_async(&mut connection).await;
    if answer.is_err() {
        drop(Connection::take(connection));
    }
    Ok(answer?)
}
