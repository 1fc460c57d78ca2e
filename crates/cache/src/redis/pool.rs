//! The pools: how connections are made, and what each must do before its first use.

use deadpool_redis::redis::aio::MultiplexedConnection;
use deadpool_redis::redis::io::tcp::TcpSettings;
use deadpool_redis::redis::{AsyncConnectionConfig, ConnectionInfo, IntoConnectionInfo};
use deadpool_redis::{Hook, HookError, Manager, Pool, Runtime};
use secrecy::ExposeSecret;

use super::{RedisSettings, RedisSettingsError, scripts};

/// Makes a pool; no connection is made before one is asked for.
///
/// # Errors
/// When the URL is not one.
pub(super) fn build(settings: &RedisSettings, max: usize) -> Result<Pool, RedisSettingsError> {
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(settings.connect_timeout))
        .set_response_timeout(Some(settings.command_timeout));
    let manager =
        Manager::new_with_config(connection_info(settings)?, config).map_err(|_| RedisSettingsError::Url)?;
    // The connections themselves put a limit on being made and on being asked.
    let pool = Pool::builder(manager)
        .max_size(max)
        .wait_timeout(Some(settings.wait_timeout))
        .runtime(Runtime::Tokio1)
        .post_create(Hook::async_fn(|connection, _| Box::pin(enter_epoch(connection))))
        .build();
    // All that can be wrong is that a limit has no runtime to keep it.
    pool.map_err(|_| RedisSettingsError::Url)
}

fn connection_info(settings: &RedisSettings) -> Result<ConnectionInfo, RedisSettingsError> {
    let info = settings.url.expose_secret().into_connection_info().map_err(|_| RedisSettingsError::Url)?;
    // It is off otherwise, and then a command that follows another waits until that one is acknowledged.
    Ok(info.set_tcp_settings(TcpSettings::default().set_nodelay(true)))
}

/// Drops what a server has that was restarted, restored or promoted since the version was made.
async fn enter_epoch(connection: &mut MultiplexedConnection) -> Result<(), HookError> {
    let reset: bool = scripts::epoch().query_async(connection).await.map_err(HookError::Backend)?;
    if reset {
        metrics::counter!("hermes_cache_resets_total", "cause" => "epoch").increment(1);
        log::info!("the shared cache is on another server, or in another life of it: its list was dropped");
    }
    Ok(())
}
