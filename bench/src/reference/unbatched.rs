//! The best an unbatched design could do: plain connections, each of which commits one booking after the other in a
//! transaction of its own.
//!
//! It has no HTTP, no parsing, no head, no chain and no numbers to agree on, so that its transactions do not wait for
//! each other anywhere but in the database, which is free to let them share a write of its log. SQLite lets one
//! transaction write at a time; there the callers take turns for one connection, because as many connections would
//! only wait for each other's lock in their sleep.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use tokio::task::JoinSet;

use super::booking::Booking;
use super::transaction::Transactions;
use crate::statistics::real;
use crate::system::{Kind, Store};

/// The plain connections.
const CONNECTIONS: u32 = 64;

/// An unbatched design on a database of its own.
#[derive(Debug, Clone)]
pub struct Unbatched {
    transactions: Arc<Transactions>,
}

impl Unbatched {
    /// Opens the connections.
    pub async fn open(store: &Store, sample: &Booking) -> Result<Self> {
        let connections = if store.kind == Kind::Sqlite { 1 } else { CONNECTIONS };
        Ok(Self { transactions: Arc::new(Transactions::open(store, sample, connections).await?) })
    }

    /// How many bookings a second it commits.
    pub async fn per_second(&self, length: Duration) -> Result<f64> {
        let started = Instant::now();
        let mut callers = JoinSet::new();
        for _ in 0..CONNECTIONS {
            let transactions = Arc::clone(&self.transactions);
            callers.spawn(async move { transactions.commit_for(length, 1).await });
        }
        let mut committed = 0;
        while let Some(caller) = callers.join_next().await {
            committed += caller.context("a caller panicked")??.count();
        }
        Ok(real(committed) / started.elapsed().as_secs_f64())
    }
}
