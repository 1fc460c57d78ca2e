//! The connections that are kept for questions and bumps: one for each runtime that asks.
//!
//! Any number of callers share one: commands are sent one behind the other and the answers come back in the same
//! order. The pool would do a round trip of its own each time it hands a connection out. Each thread of the portal
//! has a runtime of its own; what it asks and what it is told does not go by way of another thread.
//!
//! **Invariant:** all of them were made after the last time that one of them failed. So none still talks to the
//! server of before, when another has been led to a new one.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use deadpool_redis::redis::aio::MultiplexedConnection;
use deadpool_redis::redis::{Cmd, FromRedisValue, RedisError};
use deadpool_redis::{Connection, Pool, PoolError};
use tokio::runtime::{Handle, Id};

/// The connections that are kept, one for each runtime; made anew when one of them has failed.
pub(super) struct LastingConnections {
    pool: Pool,
    places: Mutex<HashMap<Id, Arc<Place>>>,
    /// How often they were given up.
    generation: AtomicU64,
}

/// Where a runtime keeps its connection.
type Place = tokio::sync::Mutex<Option<Kept>>;

struct Kept {
    connection: Connection,
    /// The generation in which it was asked for.
    generation: u64,
}

impl LastingConnections {
    /// Keeps nothing yet. The pool must be used by nobody else: what it hands out must be made here and now, because
    /// a connection is driven by the runtime that it was made on.
    pub fn new(pool: Pool) -> Self {
        Self { pool, places: Mutex::default(), generation: AtomicU64::new(0) }
    }

    /// Where they come from.
    pub const fn pool(&self) -> &Pool {
        &self.pool
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
            self.give_up(generation);
        }
        Ok(answer)
    }

    /// The connection of this runtime; who finds none of this generation makes it for all who wait.
    async fn connection(&self) -> Result<(u64, MultiplexedConnection), PoolError> {
        let place = self.place();
        let mut kept = place.lock().await;
        let generation = self.generation.load(Ordering::SeqCst);
        if let Some(kept) = &*kept
            && kept.generation == generation
        {
            return Ok((generation, MultiplexedConnection::clone(&kept.connection)));
        }
        if let Some(old) = kept.take() {
            // Taken out of the pool, which would hand it out again otherwise.
            drop(Connection::take(old.connection));
        }
        let connection = self.pool.get().await?;
        let shared = MultiplexedConnection::clone(&connection);
        *kept = Some(Kept { connection, generation });
        Ok((generation, shared))
    }

    fn place(&self) -> Arc<Place> {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(places.entry(Handle::current().id()).or_default())
    }

    /// Gives up the connections of a generation of which one has failed, unless somebody else has done so already.
    fn give_up(&self, generation: u64) {
        let next = generation.wrapping_add(1);
        let _done_before =
            self.generation.compare_exchange(generation, next, Ordering::SeqCst, Ordering::SeqCst);
    }
}
