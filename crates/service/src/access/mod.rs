//! Access control: identifies the principal of a request.
//!
//! Each process holds the table of all keys. Every change of a key increments `ledger_head.access_seq`. A request relies
//! on the table only if the table, or a head with the table's number, was requested less than D (the staleness bound) ago.
//! Otherwise the request waits for a new head, and for a new table if the numbers differ. A revocation therefore takes effect on
//! every instance within D, with or without Redis. The heads are those of the read cache, which reads the head every D/3
//! while there are requests, so a cached response needs no query for its key.
//!
//! A database that lost commits may use a number again. The table is therefore also read again after each head that went
//! back.
//!
//! While the database is down, or while the table cannot be read, the last table remains valid for the grace period. The
//! period starts at the latest request for the table or for a head with the table's number.

mod key_use;

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use hermes_domain::access::{ApiKey, KeyRecord, KeyTable, Principal};
use hermes_domain::ports::{AccessStore, StoreError};
use tokio::time::Instant;

use self::key_use::KeyUse;
use crate::coalesce::{CoalescedQuery, RequestCoalescer};
use crate::read_cache::{AccessObservation, ReadCache};

/// The settings of access control.
#[derive(Debug, Clone, Copy)]
pub struct AccessConfig {
    /// Whether everyone has access until the first key exists.
    pub is_open_without_keys: bool,
    /// The staleness bound D.
    pub staleness_bound: Duration,
    /// How long the last table remains valid while the ledger head or the keys cannot be read.
    pub grace: Duration,
}

/// Why a request has no principal.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AccessError {
    /// The key is missing, malformed, unknown, expired or revoked. The caller does not learn which.
    #[error("no valid key")]
    Unauthenticated,
    /// The keys cannot be verified, because the database has been unavailable for longer than the grace period.
    #[error("keys cannot be verified")]
    Unavailable(#[source] StoreError),
}

/// Identifies principals. A process has one.
pub struct AccessControl {
    heads: Arc<ReadCache>,
    table: Arc<ArcSwap<LoadedTable>>,
    loads: RequestCoalescer<TableQuery>,
    key_use: KeyUse,
    config: AccessConfig,
}

/// The table of keys with the time of its request.
struct LoadedTable {
    table: KeyTable,
    /// The database read the table at some moment after this.
    requested_at: Instant,
    /// How often the head had gone back before the request.
    head_regressions: u64,
    /// The latest request for a head that had the table's number, or for the table.
    confirmed_at: ArcSwap<Instant>,
}

impl LoadedTable {
    /// Returns whether the table has every change of keys that a head shows.
    fn matches(&self, observed: AccessObservation, heads: &ReadCache) -> bool {
        observed.access_seq == self.table.access_seq() && self.head_regressions == heads.head_regressions()
    }

    /// Records that a head had the table's number. Of two concurrent records, the earlier may win, which is right too.
    fn confirm(&self, observed: AccessObservation) {
        if observed.requested_at > **self.confirmed_at.load() {
            self.confirmed_at.store(Arc::new(observed.requested_at));
        }
    }
}

impl AccessControl {
    /// Reads the table of keys.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn open(
        heads: Arc<ReadCache>,
        store: Arc<dyn AccessStore>,
        config: AccessConfig,
    ) -> Result<Self, StoreError> {
        let table = Arc::new(ArcSwap::from_pointee(load(&heads, store.as_ref()).await?));
        let query =
            TableQuery { heads: Arc::clone(&heads), store: Arc::clone(&store), table: Arc::clone(&table) };
        Ok(Self { heads, table, loads: RequestCoalescer::new(query), key_use: KeyUse::new(store), config })
    }

    /// Identifies the principal of a request that presents a key, or none.
    ///
    /// # Errors
    /// [`AccessError::Unauthenticated`] without a valid key, unless access is open; [`AccessError::Unavailable`] if keys
    /// cannot be verified.
    pub async fn authenticate(
        &self,
        presented: Option<&ApiKey>,
        now: DateTime<Utc>,
    ) -> Result<Principal, AccessError> {
        let current = self.current_table().await.map_err(AccessError::Unavailable)?;
        let Some(presented) = presented else {
            let is_open = self.config.is_open_without_keys && current.table.is_empty();
            return if is_open { Ok(Principal::Open) } else { Err(AccessError::Unauthenticated) };
        };
        let key = current.table.verify(presented, now).ok_or(AccessError::Unauthenticated)?;
        self.key_use.record(key.id, now.date_naive());
        Ok(Principal::Key(key))
    }

    /// Returns every key that was ever created, as of the last read of the table, oldest first.
    pub fn keys(&self) -> Vec<Arc<KeyRecord>> {
        self.table.load().table.records()
    }

    /// Returns the table of keys. It shows every change that was committed at least D before this call.
    ///
    /// # Errors
    /// If the database has been unavailable for longer than the grace period.
    async fn current_table(&self) -> Result<Arc<LoadedTable>, StoreError> {
        let loaded = self.table.load_full();
        let is_recent = |requested_at: Instant| requested_at.elapsed() < self.config.staleness_bound;
        let observed = self.heads.access_observation();
        if let Some(observed) = observed.filter(|observed| loaded.matches(*observed, &self.heads)) {
            loaded.confirm(observed);
        }
        // An earlier observation may be older than the table, which would then be read again for every request.
        if is_recent(loaded.requested_at) {
            return Ok(loaded);
        }
        let observed = match observed {
            Some(observed) if is_recent(observed.requested_at) => observed,
            _ => match self.heads.request_access_observation().await {
                Ok(observed) => observed,
                Err(error) => return self.last_table(loaded, error),
            },
        };
        if loaded.matches(observed, &self.heads) {
            loaded.confirm(observed);
            return Ok(loaded);
        }
        self.load_table().await.or_else(|error| self.last_table(loaded, error))
    }

    /// Reads the table, within the deadline of a head. The read continues after the deadline.
    async fn load_table(&self) -> Result<Arc<LoadedTable>, StoreError> {
        match tokio::time::timeout(self.heads.head_deadline(), self.loads.request()).await {
            Ok(Some(loaded)) => loaded,
            Ok(None) => Err(StoreError::Internal("the load of the keys panicked".to_owned())),
            Err(_) => Err(StoreError::Unavailable("the keys were not read in time".to_owned())),
        }
    }

    /// Returns the last table during the grace period, or the error after it.
    fn last_table(
        &self,
        loaded: Arc<LoadedTable>,
        error: StoreError,
    ) -> Result<Arc<LoadedTable>, StoreError> {
        let age = loaded.confirmed_at.load().elapsed();
        if age <= self.config.grace { Ok(loaded) } else { Err(error) }
    }
}

/// Reads the table of keys and replaces the table of the process.
struct TableQuery {
    heads: Arc<ReadCache>,
    store: Arc<dyn AccessStore>,
    table: Arc<ArcSwap<LoadedTable>>,
}

#[async_trait]
impl CoalescedQuery for TableQuery {
    type Response = Result<Arc<LoadedTable>, StoreError>;

    async fn execute(&self) -> Self::Response {
        let loaded = Arc::new(load(&self.heads, self.store.as_ref()).await?);
        self.table.store(Arc::clone(&loaded));
        Ok(loaded)
    }
}

async fn load(heads: &ReadCache, store: &dyn AccessStore) -> Result<LoadedTable, StoreError> {
    let (requested_at, head_regressions) = (Instant::now(), heads.head_regressions());
    let table = store.key_table().await?;
    let confirmed_at = ArcSwap::from_pointee(requested_at);
    Ok(LoadedTable { table, requested_at, head_regressions, confirmed_at })
}
