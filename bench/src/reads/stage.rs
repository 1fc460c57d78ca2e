//! Where reads are measured: one Hermes on a filled MariaDB, with Redis, all on the same processors as the load.

use anyhow::{Context, Result, ensure};
use hermes_test_support::RedisServer;

use crate::reference::fill;
use crate::system::{Build, Hermes, Kind, Place, Store};

/// How a read makes sure that it is fresh.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// The default: every read asks the shared cache for its version; concurrent reads share a question.
    Strict,
    /// For one instance: the process knows of every write.
    Single,
}

/// The setting of the second mode.
const SINGLE: (&str, &str) = ("HERMES__CACHE__CLUSTER", "single");

impl Mode {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Strict => "strict mode",
            Self::Single => "single mode",
        }
    }
}

/// A Hermes and all that it needs.
#[derive(Debug)]
pub struct Stage {
    // The order matters: who uses a server ends before it.
    pub hermes: Hermes,
    pub redis: RedisServer,
    _store: Store,
    _place: Place,
}

impl Stage {
    /// Starts everything, with so many bookings.
    pub async fn start(mode: Mode, bookings: u32) -> Result<Self> {
        Self::start_build(Build::Same, mode, bookings).await
    }

    /// The same with another build of Hermes.
    pub async fn start_build(build: Build, mode: Mode, bookings: u32) -> Result<Self> {
        let redis = hermes_test_support::redis().await.context("Redis is not installed")?;
        let mut variables = vec![("REDIS_URL", redis.url())];
        if mode == Mode::Single {
            ensure!(Hermes::knows(SINGLE.0, SINGLE.1)?, "this build does not know {}", SINGLE.0);
            variables.push((SINGLE.0, SINGLE.1.to_owned()));
        }
        let place = Place::start(Kind::MariaDb).await?;
        let store = place.store().await?;
        fill(&store, bookings).await?;
        let hermes = Hermes::start_under(&[], build, &store, &variables).await?;
        Ok(Self { hermes, redis, _store: store, _place: place })
    }
}
