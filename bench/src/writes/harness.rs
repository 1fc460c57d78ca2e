//! The harness of the writes: Hermes and its reference on two databases of one server, and Redis unless on SQLite.
//!
//! All programs run the whole time. The one that is not measured is idle.

use anyhow::{Context, Result};
use hermes_test_support::RedisServer;

use crate::load::{BookingRequests, run_closed_loop};
use crate::reference::{BareTransactions, BookingRows, UnbatchedWriters};
use crate::scale::Scale;
use crate::statistics::median;
use crate::system::{Build, DatabaseHost, DatabaseKind, Hermes, PrivateDatabase};

/// The number of callers at which the peak is measured.
const PEAK_CALLERS: usize = 256;

/// A database server and the databases on it.
#[derive(Debug)]
pub struct Harness {
    redis: Option<RedisServer>,
    sample: BookingRows,
    databases: Vec<PrivateDatabase>,
    host: DatabaseHost,
}

impl Harness {
    /// Starts the servers and samples the rows of a booking.
    pub async fn start(kind: DatabaseKind) -> Result<Self> {
        let redis = match kind {
            DatabaseKind::Sqlite => None,
            DatabaseKind::MariaDb | DatabaseKind::MySql => {
                Some(hermes_test_support::redis().await.context("Redis is not installed")?)
            }
        };
        let host = DatabaseHost::start(kind).await?;
        let sample = BookingRows::sample(&host.create_database().await?).await?;
        Ok(Self { redis, sample, databases: Vec::new(), host })
    }

    /// Starts a Hermes on a new database.
    pub async fn hermes(&mut self, settings: &[(&'static str, &str)]) -> Result<Hermes> {
        self.hermes_under(&[], Build::Same, settings).await
    }

    /// Starts another build of Hermes, under a wrapper program.
    pub async fn hermes_under(
        &mut self,
        wrapper: &[&str],
        build: Build,
        settings: &[(&'static str, &str)],
    ) -> Result<Hermes> {
        let mut variables: Vec<_> =
            settings.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        variables.extend(self.redis.as_ref().map(|redis| ("REDIS_URL", redis.url())));
        let database = self.host.create_database().await?;
        let hermes = Hermes::start_under(wrapper, build, &database, &variables).await?;
        self.databases.push(database);
        Ok(hermes)
    }

    /// Opens the unbatched reference on a new database.
    pub async fn unbatched_writers(&mut self) -> Result<UnbatchedWriters> {
        let database = self.host.create_database().await?;
        let writers = UnbatchedWriters::open(&database, &self.sample).await?;
        self.databases.push(database);
        Ok(writers)
    }

    /// Opens the bare transaction on one connection to a new database.
    pub async fn bare_transactions(&mut self) -> Result<BareTransactions> {
        let database = self.host.create_database().await?;
        let transactions = BareTransactions::open(&database, &self.sample, 1).await?;
        self.databases.push(database);
        Ok(transactions)
    }
}

/// Returns the peak: the bookings per second of Hermes with 256 callers in a closed loop, as the median of three.
pub async fn measure_peak(hermes: &Hermes, scale: &Scale, requests: &BookingRequests) -> Result<f64> {
    run_closed_loop(hermes.port(), PEAK_CALLERS, scale.warm_up, requests).await?;
    let mut peaks = Vec::new();
    for _ in 0..3 {
        peaks.push(run_closed_loop(hermes.port(), PEAK_CALLERS, scale.run, requests).await?.per_second);
    }
    Ok(median(&peaks))
}
