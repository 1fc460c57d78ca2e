//! The one connection that is kept for questions and bumps.
//!
//! Any number of callers share it: commands are sent one behind the other and the answers come back in the same
//! order. The pool would do a round trip of its own each time it hands a connection out.

use deadpool_redis::redis::aio::MultiplexedConnection;
use deadpool_redis::redis::{Cmd, FromRedisValue, RedisError};
use deadpool_redis::{Connection, Pool, PoolError};
use tokio::sync::Mutex;

/// The kept connection, made anew when it has failed.
pub(super) struct LastingConnection {
    pool: Pool,
    kept: Mutex<Kept>,
}

/// The generation tells a connection from the one that has replaced it.
struct Kept {
    generation: u64,
    connection: Option<Connection>,
}

impl LastingConnection {
    /// Keeps nothing yet.
    pub fn new(pool: Pool) -> Self {
        let kept = Kept { generation: 0, connection: None };
        Self { pool, kept: Mutex::new(kept) }
    }

    /// Sends a command that may be carried out twice without harm.
    ///
    /// A connection whose server has gone fails its next command at once: the command is made anew and sent
    /// again, once, on a new one. A command that was not answered in time is not: it has had its time.
    ///
    /// It is made anew because the first one may have been carried out, and others may have moved the version
    /// on since: the same token, sent again, would bring back a version that was already left.
    pub async fn ask<T: FromRedisValue>(&self, mut make: impl FnMut() -> Cmd) -> Result<T, PoolError> {
        match self.ask_once(&make()).await? {
            Err(error) if error.is_connection_dropped() => Ok(self.ask_once(&make()).await??),
            answer => Ok(answer?),
        }
    }

    async fn ask_once<T: FromRedisValue>(&self, command: &Cmd) -> Result<Result<T, RedisError>, PoolError> {
        let (generation, mut connection) = self.connection().await?;
        let answer = command.query_async(&mut connection).await;
        if answer.is_err() {
            self.discard(generation).await;
        }
        Ok(answer)
    }

    /// The connection; who finds none makes it for all who wait.
    async fn connection(&self) -> Result<(u64, MultiplexedConnection), PoolError> {
        let mut kept = self.kept.lock().await;
        if let Some(connection) = &kept.connection {
            return Ok((kept.generation, MultiplexedConnection::clone(connection)));
        }
        let connection = self.pool.get().await?;
        let shared = MultiplexedConnection::clone(&connection);
        kept.generation = kept.generation.wrapping_add(1);
        kept.connection = Some(connection);
        Ok((kept.generation, shared))
    }

    /// Gives up a connection that has failed, unless somebody else has done so already.
    async fn discard(&self, generation: u64) {
        let mut kept = self.kept.lock().await;
        if kept.generation == generation
            && let Some(connection) = kept.connection.take()
        {
            // Taken out of the pool, which would hand it out again otherwise.
            drop(Connection::take(connection));
        }
    }
}
