//! Where writes are measured: Hermes on one database, the reference on another of the same server, and Redis where
//! there is a server. All run the whole time; who is not measured has nothing to do.

use anyhow::{Context, Result};
use hermes_test_support::RedisServer;

use crate::load::{Bookings, closed};
use crate::reference::{Booking, Transactions, Unbatched};
use crate::scale::Scale;
use crate::statistics::median;
use crate::system::{Build, Hermes, Kind, Place, Store};

/// The callers of whom the peak is measured.
const PEAK_CALLERS: usize = 256;

/// A database server with all that is measured on it.
#[derive(Debug)]
pub struct Stage {
    redis: Option<RedisServer>,
    sample: Booking,
    stores: Vec<Store>,
    place: Place,
}

impl Stage {
    /// Starts the servers and takes a sample of the rows of a booking.
    pub async fn start(kind: Kind) -> Result<Self> {
        let redis = match kind {
            Kind::Sqlite => None,
            Kind::MariaDb | Kind::MySql => {
                Some(hermes_test_support::redis().await.context("Redis is not installed")?)
            }
        };
        let place = Place::start(kind).await?;
        let sample = Booking::sample(&place.store().await?).await?;
        Ok(Self { redis, sample, stores: Vec::new(), place })
    }

    /// Starts a Hermes on a new database.
    pub async fn hermes(&mut self, settings: &[(&'static str, &str)]) -> Result<Hermes> {
        self.hermes_under(&[], Build::Same, settings).await
    }

    /// The same for another build, under another program.
    pub async fn hermes_under(
        &mut self,
        wrapper: &[&str],
        build: Build,
        settings: &[(&'static str, &str)],
    ) -> Result<Hermes> {
        let mut variables: Vec<_> =
            settings.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        variables.extend(self.redis.as_ref().map(|redis| ("REDIS_URL", redis.url())));
        let store = self.place.store().await?;
        let hermes = Hermes::start_under(wrapper, build, &store, &variables).await?;
        self.stores.push(store);
        Ok(hermes)
    }

    /// Opens the unbatched design on a new database.
    pub async fn unbatched(&mut self) -> Result<Unbatched> {
        let store = self.place.store().await?;
        let unbatched = Unbatched::open(&store, &self.sample).await?;
        self.stores.push(store);
        Ok(unbatched)
    }

    /// Opens one plain connection on a new database.
    pub async fn transactions(&mut self) -> Result<Transactions> {
        let store = self.place.store().await?;
        let transactions = Transactions::open(&store, &self.sample, 1).await?;
        self.stores.push(store);
        Ok(transactions)
    }
}

/// The most bookings a second that a Hermes carries out for callers who wait for their answers; the median of three.
pub async fn peak(hermes: &Hermes, scale: &Scale, bookings: &Bookings) -> Result<f64> {
    closed(hermes.port(), PEAK_CALLERS, scale.warm_up, bookings).await?;
    let mut peaks = Vec::new();
    for _ in 0..3 {
        peaks.push(closed(hermes.port(), PEAK_CALLERS, scale.run, bookings).await?.per_second);
    }
    Ok(median(&peaks))
}
