//! The ledger writer on a real database.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use hermes_domain::ledger::{RandomSource, Rules};
use hermes_domain::money::{BasisPoints, FeeBearer, FeeSchedule, TierBound, TierSpec};
use hermes_domain::payment::{DuplicateField, DuplicateRule, Thresholds};
use hermes_domain::ports::{Clock, PaymentReader};
use hermes_repository::{Database, DatabaseSettings, SqlLedgerStore, SqlPaymentReader};
use hermes_service::clock_monitor::ClockMonitor;
use hermes_service::outbox::CommitNotifier;
use hermes_service::writer::{LedgerWriter, VisibilityBarrier, WriterConfig, WriterDeps};
use hermes_test_support::TestDatabase;
use hermes_test_support::builders::institution;
use sea_orm::{ConnectOptions, DatabaseConnection};
use uuid::Uuid;

/// Long enough that a busy machine rejects nothing.
const TIMEOUT: Duration = Duration::from_secs(60);

pub struct TestLedger {
    pub ledger: LedgerWriter,
    pub database: Database,
    // Dropped last, after its connections.
    test_database: TestDatabase,
}

/// The system clock, random ids and a barrier that does not wait.
struct SystemPorts;

impl TestLedger {
    pub async fn start(test_database: TestDatabase) -> Self {
        hermes_migration::up(&test_database.url, None).await.unwrap();
        let settings = DatabaseSettings {
            acquire_timeout: TIMEOUT,
            statement_timeout: TIMEOUT,
            slow_statement: TIMEOUT,
            ..DatabaseSettings::new(&test_database.url)
        };
        let database = Database::connect(&settings).await.unwrap();
        let deps = WriterDeps {
            store: Arc::new(SqlLedgerStore::new(&database)),
            barrier: Arc::new(SystemPorts),
            commits: CommitNotifier::default(),
            rules: Arc::new(rules()),
            clocks: Arc::new(ClockMonitor::new(Arc::new(SystemPorts))),
            random_source: Arc::new(SystemPorts),
        };
        let config = WriterConfig {
            batch_max: 32,
            queue_max: 1_024,
            queue_age_max: TIMEOUT,
            batch_wait_max: Duration::from_secs(1),
        };
        let (ledger, _task) = LedgerWriter::start(deps, config);
        Self { ledger, database, test_database }
    }

    /// Returns the number of committed batches.
    pub async fn batch_count(&self) -> i64 {
        SqlPaymentReader::new(&self.database).head().await.unwrap().seq
    }

    /// Opens a connection for the checks.
    pub async fn connect(&self) -> DatabaseConnection {
        let mut options = ConnectOptions::new(&self.test_database.url);
        options.max_connections(1).sqlx_logging(false);
        sea_orm::Database::connect(options).await.unwrap()
    }
}

/// A fee of 5 % on every amount; duplicates have the same e-mail address.
fn rules() -> Rules {
    let rate = BasisPoints::new(500).unwrap();
    let tier = TierSpec { name: "all".to_owned(), bound: TierBound::Unbounded, rate };
    Rules {
        fees: FeeSchedule::new(&[tier], &HashMap::new()).unwrap(),
        fee_bearer: FeeBearer::Payer,
        thresholds: Thresholds::new("1000000", &HashMap::new()).unwrap(),
        duplicates: DuplicateRule::new(vec![DuplicateField::Email], None).unwrap(),
        institution: Arc::new(institution()),
        settled_link_lifetime: TimeDelta::days(90),
        second_person_above: Thresholds::new("1000", &HashMap::new()).unwrap(),
        write_off_max: Thresholds::new("10", &HashMap::new()).unwrap(),
    }
}

#[async_trait]
impl VisibilityBarrier for SystemPorts {
    async fn wait_until_visible(&self) {}

    async fn wait_until_keys_apply(&self) {}
}

impl Clock for SystemPorts {
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}

impl RandomSource for SystemPorts {
    fn random(&self) -> Uuid {
        Uuid::new_v4()
    }
}
