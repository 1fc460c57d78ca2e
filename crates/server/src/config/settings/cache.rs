//! Redis, the read cache and the cached list.

use std::path::PathBuf;

use anyhow::Result;
use hermes_domain::ports::reader_limits;
use hermes_service::read_cache::UnverifiedReads;
use secrecy::SecretString;
use serde::Deserialize;

use super::{size, within};

#[derive(Debug, Deserialize)]
pub struct Redis {
    pub url: SecretString,
    pub url_file: PathBuf,
    pub allow_plaintext: bool,
    pub pool_max: usize,
    pub connect_timeout_ms: u64,
    pub command_timeout_ms: u64,
}

#[derive(Debug, Deserialize)]
pub struct Cache {
    pub cluster: Cluster,
    pub ttl_s: u64,
    pub staleness_bound_ms: u64,
    #[serde(with = "UnverifiedReadsSetting")]
    pub unverified_reads: UnverifiedReads,
    pub queries_max: u64,
    pub queries_bytes_max: u64,
    pub compare_every_s: u64,
}

/// How many processes use the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Cluster {
    /// Any number: each read checks the cache version in Redis.
    Many,
    /// Only this process: the cache version is local.
    Single,
}

/// The setting of [`UnverifiedReads`]: `serve` or `reject`.
#[derive(Deserialize)]
#[serde(remote = "UnverifiedReads", rename_all = "lowercase")]
enum UnverifiedReadsSetting {
    Serve,
    Reject,
}

#[derive(Debug, Deserialize)]
pub struct List {
    pub window: u64,
}

impl Redis {
    pub(super) fn check(&self) -> Result<()> {
        within("redis.pool_max", size(self.pool_max), 1, 1_000)?;
        within("redis.connect_timeout_ms", self.connect_timeout_ms, 1, 60_000)?;
        within("redis.command_timeout_ms", self.command_timeout_ms, 1, 60_000)
    }
}

impl Cache {
    pub(super) fn check(&self) -> Result<()> {
        within("cache.ttl_s", self.ttl_s, 1, 86_400)?;
        within("cache.staleness_bound_ms", self.staleness_bound_ms, 10, 10_000)?;
        within("cache.queries_max", self.queries_max, 1, 1_000_000)?;
        within("cache.queries_bytes_max", self.queries_bytes_max, 1, 4_000_000_000)?;
        within("cache.compare_every_s", self.compare_every_s, 0, 86_400)
    }
}

impl List {
    pub(super) fn check(&self) -> Result<()> {
        within("list.window", self.window, 1, reader_limits::PAGE_MAX)
    }
}
