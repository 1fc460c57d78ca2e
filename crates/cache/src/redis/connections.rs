//! One multiplexed connection per runtime, for version checks and invalidations.
//!
//! **Measurement:** compared with one connection for the process, a read has half as many context switches and a
//! single read is 10 to 20 % faster.
//!
//! Each thread of the portal has its own runtime, and the runtime that opens a connection drives it. With a connection
//! of its own, a thread sends a command and receives the reply without waking another thread. Any number of tasks
//! share the connection: Redis replies in the order of the commands. A pool would send a `PING` each time it hands out a
//! connection.
//!
//! **Invariant:** after one connection fails, or a new one reaches another server, all connections are replaced. Without
//! this, one thread could still read from the previous server after another thread has found its successor.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hermes_redis::RedisConnector;
use hermes_redis::redis::aio::MultiplexedConnection;
use hermes_redis::redis::{Cmd, FromRedisValue, RedisError};
use tokio::runtime::{Handle, Id};

use super::scripts;

/// Identifies a server process and its replication history: its run id and replication id, if it reports them.
type ServerIdentity = Option<String>;

/// Opens one connection per runtime and replaces all of them when one fails.
pub(super) struct PerRuntimeConnections {
    connector: RedisConnector,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    slots: HashMap<Id, Arc<Slot>>,
    /// Increases each time all connections are invalidated.
    generation: u64,
    /// The server that the connections of this generation lead to.
    server: ServerIdentity,
}

/// The connection of one runtime. The lock is held while the connection is opened, so that waiters share it.
type Slot = tokio::sync::Mutex<Option<Connection>>;

#[derive(Clone)]
struct Connection {
    multiplexed: MultiplexedConnection,
    generation: u64,
}

impl PerRuntimeConnections {
    /// Opens no connection yet.
    pub fn new(connector: RedisConnector) -> Self {
        Self { connector, state: Mutex::default() }
    }

    /// Sends a command that may take effect twice without harm.
    ///
    /// A closed connection fails the next command at once. The command is then built again and sent once more on a new
    /// connection. A command that times out is not retried, because its time is spent.
    ///
    /// The command must be built again: the first one may have taken effect, and other instances may have replaced the
    /// version since. Sending the same token twice would restore an outdated version.
    pub async fn query<T: FromRedisValue>(&self, mut build: impl FnMut() -> Cmd) -> Result<T, RedisError> {
        match self.query_once(&build()).await? {
            Err(error) if error.is_connection_dropped() => self.query_once(&build()).await?,
            result => result,
        }
    }

    /// The outer error comes from opening the connection, the inner one from the command.
    async fn query_once<T: FromRedisValue>(
        &self,
        command: &Cmd,
    ) -> Result<Result<T, RedisError>, RedisError> {
        let mut connection = self.connection().await?;
        let result = command.query_async(&mut connection.multiplexed).await;
        if result.is_err() {
            self.state().invalidate(connection.generation);
        }
        Ok(result)
    }

    /// Returns the connection of the current runtime. Opens one if there is none of the current generation.
    async fn connection(&self) -> Result<Connection, RedisError> {
        let slot = Arc::clone(self.state().slots.entry(Handle::current().id()).or_default());
        let mut slot = slot.lock().await;
        let generation = self.state().generation;
        if let Some(connection) = &*slot
            && connection.generation == generation
        {
            return Ok(connection.clone());
        }
        *slot = None;
        let mut multiplexed = self.connector.connect().await?;
        let server = init_connection(&mut multiplexed).await?;
        let generation = self.state().generation_for(server, generation);
        Ok(slot.insert(Connection { multiplexed, generation }).clone())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Returns the generation of a new connection to `server` that was requested in generation `requested_in`.
    ///
    /// If all connections were invalidated meanwhile, the result is an outdated generation, and the connection is
    /// used only once.
    fn generation_for(&mut self, server: ServerIdentity, requested_in: u64) -> u64 {
        if self.generation != requested_in || server.is_none() || self.server == server {
            return requested_in;
        }
        self.server = server;
        self.invalidate(requested_in);
        self.generation
    }

    /// Invalidates all connections of a generation, unless another task has done so already.
    const fn invalidate(&mut self, generation: u64) {
        if self.generation == generation {
            self.generation = generation.wrapping_add(1);
        }
    }
}

/// Prepares a new connection: replaces the cache version if the server was restarted, restored or promoted since the
/// version was created.
pub(super) async fn init_connection(
    connection: &mut MultiplexedConnection,
) -> Result<ServerIdentity, RedisError> {
    let (was_reset, server): (bool, String) = scripts::check_epoch().query_async(connection).await?;
    if was_reset {
        metrics::counter!("hermes_cache_resets_total", "cause" => "epoch").increment(1);
        log::info!("replaced the cache version, because Redis is another server or was restarted");
    }
    Ok((!server.is_empty()).then_some(server))
}
