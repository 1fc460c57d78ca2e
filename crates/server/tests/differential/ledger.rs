//! The lane on a real database.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use hermes_domain::ledger::{RandomSource, Rules};
use hermes_domain::money::{BasisPoints, FeeBearer, FeeSchedule, TierBound, TierSpec};
use hermes_domain::payment::{DuplicateField, DuplicateRule, Thresholds};
use hermes_domain::ports::{Clock, PaymentReader};
use hermes_repository::{Database, DatabaseSettings, SqlLedgerStore, SqlPaymentReader};
use hermes_service::outbox::CommitNotifier;
use hermes_service::writer::{LedgerWriter, VisibilityBarrier, WriterConfig, WriterDeps};
use hermes_test_support::TestDatabase;
use sea_orm::{ConnectOptions, DatabaseConnection};
use uuid::Uuid;

/// A busy machine refuses nothing.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct TestLedger {
    pub ledger: LedgerWriter,
    pub database: Database,
    // Dropped last, when nothing uses it any more.
    place: TestDatabase,
}

/// What surrounds the lane and has no say here.
struct Surroundings;

impl TestLedger {
    pub async fn start(place: TestDatabase) -> Self {
        hermes_migration::up(&place.url, None).await.unwrap();
        let settings = DatabaseSettings {
            acquire_timeout: PATIENCE,
            statement_timeout: PATIENCE,
            slow_statement: PATIENCE,
            ..DatabaseSettings::new(&place.url)
        };
        let database = Database::connect(&settings).await.unwrap();
        let parts = WriterDeps {
            store: Arc::new(SqlLedgerStore::new(&database)),
            barrier: Arc::new(Surroundings),
            commits: CommitNotifier::default(),
            rules: Arc::new(rules()),
            clock: Arc::new(Surroundings),
            random_source: Arc::new(Surroundings),
        };
        let limits = WriterConfig { batch_max: 32, queue_max: 1_024, queue_age_max: PATIENCE };
        let (ledger, _task) = LedgerWriter::start(parts, limits);
        Self { ledger, database, place }
    }

    /// How many batches were committed.
    pub async fn batches(&self) -> i64 {
        SqlPaymentReader::new(&self.database).head().await.unwrap().seq
    }

    /// A connection of its own.
    pub async fn connection(&self) -> DatabaseConnection {
        let mut options = ConnectOptions::new(&self.place.url);
        options.max_connections(1).sqlx_logging(false);
        sea_orm::Database::connect(options).await.unwrap()
    }
}

/// Five per cent of everything, and the e-mail address tells payers apart.
fn rules() -> Rules {
    let rate = BasisPoints::new(500).unwrap();
    let tier = TierSpec { name: "all".to_owned(), bound: TierBound::Unbounded, rate };
    Rules {
        fees: FeeSchedule::new(&[tier], &HashMap::new()).unwrap(),
        fee_bearer: FeeBearer::Payer,
        thresholds: Thresholds::new("1000000", &HashMap::new()).unwrap(),
        duplicates: DuplicateRule::new(vec![DuplicateField::Email], None).unwrap(),
    }
}

#[async_trait]
impl VisibilityBarrier for Surroundings {
    async fn wait_until_visible(&self) {}
}

impl Clock for Surroundings {
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}

impl RandomSource for Surroundings {
    fn random(&self) -> Uuid {
        Uuid::new_v4()
    }
}
