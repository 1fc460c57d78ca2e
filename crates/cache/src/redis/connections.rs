//! The connections that are kept for questions and bumps: one for each runtime that asks.
//!
//! Any number of callers share one: commands are sent one behind the other and the answers come back in the same
//! order. A pool would do a round trip of its own each time it hands a connection out. Each thread of the portal
//! has a runtime of its own; what it asks and what it is told does not go by way of another thread.
//!
//! **Invariant:** when one of them fails, or a new one leads to another server or another life of it, none of the
//! others is used again. So none still asks the server of before, where another has found its successor.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use deadpool_redis::redis::aio::MultiplexedConnection;
use deadpool_redis::redis::{Cmd, FromRedisValue, RedisError};
use tokio::runtime::{Handle, Id};

use super::connect::{Connector, ServerIdentity};

/// The connections that are kept; made anew when one of them has failed.
pub(super) struct PerRuntimeConnections {
    connector: Connector,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    places: HashMap<Id, Arc<Place>>,
    /// Counts up whenever all connections are given up.
    generation: u64,
    /// Where those of this generation lead to.
    life: ServerIdentity,
}

/// Where a runtime keeps its connection.
type Place = tokio::sync::Mutex<Option<Kept>>;

#[derive(Clone)]
struct Kept {
    connection: MultiplexedConnection,
    generation: u64,
}

impl PerRuntimeConnections {
    /// Keeps nothing yet.
    pub fn new(connector: Connector) -> Self {
        Self { connector, known: Mutex::default() }
    }

    /// Sends a command that may be carried out twice without harm.
    ///
    /// A connection whose server has gone fails its next command at once: the command is made anew and sent
    /// again, once, on a new one. A command that was not answered in time is not: it has had its time.
    ///
    /// It is made anew because the first one may have been carried out, and others may have moved the version
    /// on since: the same token, sent again, would bring back a version that was already left.
    pub async fn ask<T: FromRedisValue>(&self, mut make: impl FnMut() -> Cmd) -> Result<T, RedisError> {
        match self.ask_once(&make()).await? {
            Err(error) if error.is_connection_dropped() => self.ask_once(&make()).await?,
            answer => answer,
        }
    }

    /// The outer error is of making a connection.
    async fn ask_once<T: FromRedisValue>(&self, command: &Cmd) -> Result<Result<T, RedisError>, RedisError> {
        let mut kept = self.connection().await?;
        let answer = command.query_async(&mut kept.connection).await;
        if answer.is_err() {
            self.known().give_up(kept.generation);
        }
        Ok(answer)
    }

    /// The connection of this runtime; who finds none of this generation makes it for all who wait.
    async fn connection(&self) -> Result<Kept, RedisError> {
        let place = Arc::clone(self.known().places.entry(Handle::current().id()).or_default());
        let mut place = place.lock().await;
        let generation = self.known().generation;
        if let Some(kept) = &*place
            && kept.generation == generation
        {
            return Ok(kept.clone());
        }
        *place = None;
        let (connection, life) = self.connector.connect().await?;
        let kept = Kept { connection, generation: self.known().generation_at(life, generation) };
        Ok(place.insert(kept).clone())
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    /// The generation of a connection that was asked for in one, and leads to a life of a server.
    ///
    /// One that was given up meanwhile is not of the latest, and so it is used this once.
    fn generation_at(&mut self, life: ServerIdentity, asked_in: u64) -> u64 {
        if self.generation != asked_in || life.is_none() || self.life == life {
            return asked_in;
        }
        self.life = life;
        self.give_up(asked_in);
        self.generation
    }

    /// Gives up all connections of a generation, unless somebody else has done so already.
    const fn give_up(&mut self, generation: u64) {
        if self.generation == generation {
            self.generation = generation.wrapping_add(1);
        }
    }
}
