//! How connections are made, and what each must do before its first use.

use deadpool_redis::redis::aio::MultiplexedConnection;
use deadpool_redis::redis::io::tcp::TcpSettings;
use deadpool_redis::redis::{AsyncConnectionConfig, Client, ConnectionInfo, IntoConnectionInfo, RedisError};
use deadpool_redis::{Hook, HookError, Manager, Pool, Runtime};
use secrecy::ExposeSecret;

use super::{RedisSettings, RedisSettingsError, scripts};

/// Which life of which server it is, if it says so.
pub(super) type ServerIdentity = Option<String>;

/// Makes the pool; no connection is made before one is asked for.
///
/// # Errors
/// When the URL is not one, or there are no connections.
pub(super) fn pool(settings: &RedisSettings) -> Result<Pool, RedisSettingsError> {
    let manager = Manager::new_with_config(connection_info(settings)?, limits(settings))
        .map_err(|_| RedisSettingsError::Url)?;
    // The connections themselves put a limit on being made and on being asked.
    let pool = Pool::builder(manager)
        .max_size(settings.checked_pool_max()?)
        .wait_timeout(Some(settings.wait_timeout))
        .runtime(Runtime::Tokio1)
        .post_create(Hook::async_fn(|connection, _| {
            Box::pin(async { init_connection(connection).await.map(drop).map_err(HookError::Backend) })
        }))
        .build();
    // All that can be wrong is that a limit has no runtime to keep it.
    pool.map_err(|_| RedisSettingsError::Url)
}

/// Makes connections that are of no pool.
pub(super) struct Connector {
    client: Client,
    limits: AsyncConnectionConfig,
}

impl Connector {
    /// Makes none yet.
    ///
    /// # Errors
    /// When the URL is not one.
    pub fn new(settings: &RedisSettings) -> Result<Self, RedisSettingsError> {
        let client = Client::open(connection_info(settings)?).map_err(|_| RedisSettingsError::Url)?;
        Ok(Self { client, limits: limits(settings) })
    }

    /// Makes one, which is driven by the runtime that this is called on.
    pub async fn connect(&self) -> Result<(MultiplexedConnection, ServerIdentity), RedisError> {
        let mut connection = self.client.get_multiplexed_async_connection_with_config(&self.limits).await?;
        let life = init_connection(&mut connection).await?;
        Ok((connection, life))
    }
}

fn limits(settings: &RedisSettings) -> AsyncConnectionConfig {
    AsyncConnectionConfig::new()
        .set_connection_timeout(Some(settings.connect_timeout))
        .set_response_timeout(Some(settings.command_timeout))
}

fn connection_info(settings: &RedisSettings) -> Result<ConnectionInfo, RedisSettingsError> {
    let info = settings.url.expose_secret().into_connection_info().map_err(|_| RedisSettingsError::Url)?;
    // It is off otherwise, and then a command that follows another waits until that one is acknowledged.
    Ok(info.set_tcp_settings(TcpSettings::default().set_nodelay(true)))
}

/// Drops what a server has that was restarted, restored or promoted since the version was made.
async fn init_connection(connection: &mut MultiplexedConnection) -> Result<ServerIdentity, RedisError> {
    let (reset, life): (bool, String) = scripts::epoch().query_async(connection).await?;
    if reset {
        metrics::counter!("hermes_cache_resets_total", "cause" => "epoch").increment(1);
        log::info!("the shared cache is on another server, or in another life of it: its list was dropped");
    }
    Ok((!life.is_empty()).then_some(life))
}
