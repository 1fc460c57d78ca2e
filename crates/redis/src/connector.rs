//! Where Redis is, and how connections to it are opened and used.

use std::time::Duration;

use deadpool_redis::redis::aio::MultiplexedConnection;
use deadpool_redis::redis::io::tcp::TcpSettings;
use deadpool_redis::redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionAddr, ConnectionInfo, FromRedisValue, IntoConnectionInfo,
    Pipeline, RedisError,
};
use deadpool_redis::{Connection, Hook, Manager, Pool, PoolError, Runtime};
use secrecy::{ExposeSecret, SecretString};

/// Where Redis is and how long it may take. `Debug` omits the URL, which may hold a password.
#[derive(Debug, Clone)]
pub struct RedisEndpoint {
    /// The URL: `redis://user:password@host:6379/0`, or `rediss://…` for TLS.
    pub url: SecretString,
    /// The longest time to open a connection.
    pub connect_timeout: Duration,
    /// The longest time to wait for the reply to a command.
    pub command_timeout: Duration,
}

impl RedisEndpoint {
    /// Creates an endpoint with timeouts for a Redis in the same network: 250 ms to connect, 500 ms for a command.
    pub fn new(url: impl Into<SecretString>) -> Self {
        Self {
            url: url.into(),
            connect_timeout: Duration::from_millis(250),
            command_timeout: Duration::from_millis(500),
        }
    }

    /// Parses the URL. Opens no connection.
    ///
    /// # Errors
    /// [`RedisConfigError::InvalidUrl`].
    pub fn security(&self) -> Result<RedisSecurity, RedisConfigError> {
        let info = self.connection_info()?;
        let (host, verifies_tls) = match info.addr() {
            ConnectionAddr::Tcp(host, _) => (Some(host.clone()), false),
            ConnectionAddr::TcpTls { host, insecure, .. } => (Some(host.clone()), !insecure),
            _ => (None, false),
        };
        Ok(RedisSecurity { password: info.redis_settings().password().map(Into::into), host, verifies_tls })
    }

    fn connection_info(&self) -> Result<ConnectionInfo, RedisConfigError> {
        self.url.expose_secret().into_connection_info().map_err(|_| RedisConfigError::InvalidUrl)
    }
}

/// What a Redis URL says about the security of its connections.
#[derive(Debug)]
pub struct RedisSecurity {
    /// The password, if the URL has one.
    pub password: Option<SecretString>,
    /// The host of another machine or of this one; `None` for a UNIX socket.
    pub host: Option<String>,
    /// Whether connections are encrypted and the certificate of the server is verified.
    pub verifies_tls: bool,
}

/// An invalid Redis configuration. The message never contains the URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RedisConfigError {
    /// The URL does not parse.
    #[error("not a Redis URL such as redis://user:password@host:6379/0")]
    InvalidUrl,
    /// The maximum size of the pool is zero.
    #[error("the Redis pool needs at least one connection")]
    EmptyPool,
}

/// Opens connections to one endpoint.
#[derive(Clone)]
pub struct RedisConnector {
    info: ConnectionInfo,
    connect_timeout: Duration,
    command_timeout: Duration,
}

impl RedisConnector {
    /// Parses the URL. Opens no connection.
    ///
    /// # Errors
    /// [`RedisConfigError::InvalidUrl`].
    pub fn new(endpoint: &RedisEndpoint) -> Result<Self, RedisConfigError> {
        let info = endpoint.connection_info()?;
        Ok(Self {
            // Without TCP_NODELAY, a command waits until the server has acknowledged the packet of the previous one.
            info: info.set_tcp_settings(TcpSettings::default().set_nodelay(true)),
            connect_timeout: endpoint.connect_timeout,
            command_timeout: endpoint.command_timeout,
        })
    }

    /// Creates a pool that opens connections on demand and runs `on_connect` on each new one.
    ///
    /// A caller waits at most `wait_timeout` for a free connection.
    ///
    /// # Errors
    /// [`RedisConfigError::EmptyPool`] if `max_size` is zero.
    pub fn pool(
        &self,
        max_size: usize,
        wait_timeout: Duration,
        on_connect: Option<Hook>,
    ) -> Result<Pool, RedisConfigError> {
        if max_size == 0 {
            return Err(RedisConfigError::EmptyPool);
        }
        let config = self.config(Some(self.command_timeout));
        let manager =
            Manager::new_with_config(self.info.clone(), config).map_err(|_| RedisConfigError::InvalidUrl)?;
        let mut builder = Pool::builder(manager)
            .max_size(max_size)
            .wait_timeout(Some(wait_timeout))
            .runtime(Runtime::Tokio1);
        if let Some(hook) = on_connect {
            builder = builder.post_create(hook);
        }
        // The only possible error is a timeout without a runtime, and the pool has one.
        builder.build().map_err(|_| RedisConfigError::InvalidUrl)
    }

    /// Opens one connection outside the pool. The runtime of the caller drives it.
    ///
    /// # Errors
    /// If Redis cannot be reached in time or rejects the login.
    pub async fn connect(&self) -> Result<MultiplexedConnection, RedisError> {
        self.connect_with(Some(self.command_timeout)).await
    }

    /// Opens one connection for commands that block in the server, such as `XREADGROUP … BLOCK`.
    ///
    /// Replies have no time limit. A blocking command that the client abandons keeps blocking in the server and
    /// delays the commands behind it.
    ///
    /// # Errors
    /// As for [`Self::connect`].
    pub async fn connect_blocking(&self) -> Result<MultiplexedConnection, RedisError> {
        self.connect_with(None).await
    }

    async fn connect_with(
        &self,
        response_timeout: Option<Duration>,
    ) -> Result<MultiplexedConnection, RedisError> {
        let client = Client::open(self.info.clone())?;
        client.get_multiplexed_async_connection_with_config(&self.config(response_timeout)).await
    }

    fn config(&self, response_timeout: Option<Duration>) -> AsyncConnectionConfig {
        AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.connect_timeout))
            .set_response_timeout(response_timeout)
    }
}

/// Sends a command over a connection of the pool. After an error, the connection is not used again.
///
/// # Errors
/// If no connection is available, or Redis does not reply in time or rejects the command.
pub async fn query<T: FromRedisValue>(pool: &Pool, command: &Cmd) -> Result<T, PoolError> {
    let mut connection = pool.get().await?;
    let result = command.query_async(&mut connection).await;
    return_to_pool(connection, result)
}

/// Sends a pipeline over a connection of the pool. After an error, the connection is not used again.
///
/// # Errors
/// As for [`query`].
pub async fn query_pipeline<T: FromRedisValue>(pool: &Pool, pipeline: &Pipeline) -> Result<T, PoolError> {
    let mut connection = pool.get().await?;
    let result = pipeline.query_async(&mut connection).await;
    return_to_pool(connection, result)
}

fn return_to_pool<T>(connection: Connection, result: Result<T, RedisError>) -> Result<T, PoolError> {
    if result.is_err() {
        // A connection that is only dropped goes back to the pool.
        drop(Connection::take(connection));
    }
    Ok(result?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invalid_url_is_rejected_and_not_repeated() {
        for url in
            ["", "redis", "http://host:6379", "redis://", "redis://host/words", "redis://:pass word@host:x"]
        {
            let error = RedisConnector::new(&RedisEndpoint::new(url)).err();
            assert_eq!(error, Some(RedisConfigError::InvalidUrl), "{url}");
            assert_eq!(
                error.unwrap().to_string(),
                "not a Redis URL such as redis://user:password@host:6379/0"
            );
        }
    }

    #[test]
    fn the_security_of_a_url_is_its_password_its_host_and_its_tls() {
        for (url, password, host, verifies_tls) in [
            ("redis://127.0.0.1", None, Some("127.0.0.1"), false),
            ("redis://:pass%20word@cache:6380/3", Some("pass word"), Some("cache"), false),
            ("rediss://user:secret@cache", Some("secret"), Some("cache"), true),
            ("rediss://cache/#insecure", None, Some("cache"), false),
            ("unix:///run/redis.sock?pass=secret", Some("secret"), None, false),
        ] {
            let security = RedisEndpoint::new(url).security().unwrap();
            let found = security.password.as_ref().map(ExposeSecret::expose_secret);
            assert_eq!(
                (found, security.host.as_deref(), security.verifies_tls),
                (password, host, verifies_tls)
            );
        }
    }

    #[test]
    fn a_pool_without_connections_is_rejected() {
        let connector = RedisConnector::new(&RedisEndpoint::new("redis://127.0.0.1")).unwrap();
        assert_eq!(connector.pool(0, Duration::ZERO, None).err(), Some(RedisConfigError::EmptyPool));
    }
}
