//! Adapters without behaviour.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use hermes_domain::matching::{AutoPost, IndexedPayment};
use hermes_domain::payment::{PaymentId, Reference};
use hermes_domain::ports::{
    CacheError, CacheKey, LineResult, MatchFilter, PoolMetrics, PoolStatus, SharedCache, StatementStore,
    StoreError, StoredEntry, Version,
};
use hermes_domain::receipt::StatementLineId;
use hermes_domain::statement::{
    BankLine, ImportId, ImportState, LineState, MatchId, MatchState, NewImport, NewMatch, StatementImport,
    StoredLine, StoredMatch,
};
use hermes_service::matching::Matches;
use hermes_service::statements::{ImporterConfig, ImporterDeps, StatementImporter};
use hermes_service::writer::{LedgerWriter, VisibilityBarrier};
use hermes_test_support::{FixedClock, SequentialRandom};
use uuid::Uuid;

use super::EVENING;

/// A barrier that every commit passes at once.
pub struct NoBarrier;

#[async_trait]
impl VisibilityBarrier for NoBarrier {
    async fn wait_until_visible(&self) {}

    async fn wait_until_keys_apply(&self) {}
}

/// A cache that stores nothing.
pub struct NoCache;

#[async_trait]
impl SharedCache for NoCache {
    async fn version(&self) -> Result<Version, CacheError> {
        Ok(Version::new(Uuid::nil()))
    }

    async fn get(&self, _key: CacheKey) -> Result<Option<StoredEntry>, CacheError> {
        Ok(None)
    }

    async fn put_if_version(&self, _key: CacheKey, _entry: &StoredEntry) -> Result<bool, CacheError> {
        Ok(false)
    }

    async fn invalidate(&self) -> Result<(), CacheError> {
        Ok(())
    }

    async fn ping(&self) -> Result<Option<()>, CacheError> {
        Ok(None)
    }
}

/// A pool with one connection.
pub struct OnePool;

impl PoolMetrics for OnePool {
    fn pools(&self) -> Vec<(&'static str, PoolStatus)> {
        vec![("database_writer", PoolStatus { max: 1, size: 1, idle: 1, in_use: 0, waiting: 0 })]
    }
}

/// A store without statements.
struct NoStatements;

#[async_trait]
impl StatementStore for NoStatements {
    async fn insert_import(&self, _import: &NewImport) -> Result<(), StoreError> {
        Ok(())
    }

    async fn find_import(&self, _id: ImportId) -> Result<Option<StatementImport>, StoreError> {
        Ok(None)
    }

    async fn unclaimed_imports(&self, _now: DateTime<Utc>) -> Result<Vec<ImportId>, StoreError> {
        Ok(Vec::new())
    }

    async fn claim_import(
        &self,
        _id: ImportId,
        _process: Uuid,
        _now: DateTime<Utc>,
        _until: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        Ok(false)
    }

    async fn set_import_state(
        &self,
        _id: ImportId,
        _state: ImportState,
        _reason: Option<&str>,
        _finished_at: Option<DateTime<Utc>>,
    ) -> Result<(), StoreError> {
        Ok(())
    }

    async fn begin_undo(&self, _id: ImportId, _actor: &str, _reason: &str) -> Result<bool, StoreError> {
        Ok(false)
    }

    async fn insert_lines(
        &self,
        _import: ImportId,
        _lines: &[BankLine],
    ) -> Result<Vec<StoredLine>, StoreError> {
        Ok(Vec::new())
    }

    async fn insert_matches(&self, _matches: &[NewMatch]) -> Result<(), StoreError> {
        Ok(())
    }

    async fn matches_of_lines(
        &self,
        _import: ImportId,
        _lines: &[StatementLineId],
    ) -> Result<Vec<StoredMatch>, StoreError> {
        Ok(Vec::new())
    }

    async fn finish_lines(
        &self,
        _import: ImportId,
        _results: &[LineResult],
        _position: Option<i64>,
    ) -> Result<(), StoreError> {
        Ok(())
    }

    async fn lines_of_import(
        &self,
        _import: ImportId,
        _state: LineState,
        _after: i64,
        _limit: u64,
    ) -> Result<Vec<StoredLine>, StoreError> {
        Ok(Vec::new())
    }

    async fn lines_like(&self, _line: &BankLine) -> Result<Vec<StoredLine>, StoreError> {
        Ok(Vec::new())
    }

    async fn find_lines(&self, _ids: &[StatementLineId]) -> Result<Vec<StoredLine>, StoreError> {
        Ok(Vec::new())
    }

    async fn find_match(&self, _id: MatchId) -> Result<Option<StoredMatch>, StoreError> {
        Ok(None)
    }

    async fn list_matches(&self, _filter: &MatchFilter, _limit: u64) -> Result<Vec<StoredMatch>, StoreError> {
        Ok(Vec::new())
    }

    async fn decide_match(
        &self,
        _id: MatchId,
        _state: MatchState,
        _actor: &str,
        _now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        Ok(false)
    }

    async fn withdraw_match(&self, _id: MatchId, _now: DateTime<Utc>) -> Result<(), StoreError> {
        Ok(())
    }

    async fn undo_matches(&self, _lines: &[StatementLineId]) -> Result<(), StoreError> {
        Ok(())
    }

    async fn open_payments(
        &self,
        _after: Option<PaymentId>,
        _limit: u64,
    ) -> Result<Vec<IndexedPayment>, StoreError> {
        Ok(Vec::new())
    }

    async fn payments(&self, _references: &[Reference]) -> Result<Vec<IndexedPayment>, StoreError> {
        Ok(Vec::new())
    }
}

/// Returns an importer without accounts. It stores nothing.
pub fn importer(ledger: &LedgerWriter) -> Arc<StatementImporter> {
    let deps = ImporterDeps {
        store: Arc::new(NoStatements),
        ledger: ledger.clone(),
        clock: Arc::new(FixedClock(EVENING)),
        random_source: Arc::new(SequentialRandom::new()),
    };
    let config = ImporterConfig {
        spool_dir: std::env::temp_dir(),
        max_bytes: 1_000_000,
        accounts: Vec::new(),
        accepts_any_account: true,
        csv_profiles: BTreeMap::new(),
        auto_post: AutoPost::Off,
    };
    StatementImporter::new(deps, config).unwrap()
}

/// Returns the matches of no statement.
pub fn matches(ledger: &LedgerWriter) -> Matches {
    Matches { store: Arc::new(NoStatements), ledger: ledger.clone(), clock: Arc::new(FixedClock(EVENING)) }
}
