//! The rows of the database, read without Hermes.

use chrono::Utc;
use hermes_domain::access::{ApiKey, Scope, ScopeSet};
use hermes_domain::ledger::RandomSource;
use hermes_repository::entity::{access_keys, access_secrets};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, EntityTrait, Set, Statement};

use super::TestEnvironment;

/// The number of rows of one payer, per table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PayerRows {
    pub payments: i64,
    pub checks: i64,
    pub audit: i64,
    pub events: i64,
    pub keys: i64,
}

impl PayerRows {
    /// No booking.
    pub const NONE: Self = Self { payments: 0, checks: 0, audit: 0, events: 0, keys: 0 };
    /// One booking with an idempotency key, and all of its rows.
    pub const ONE_BOOKING: Self = Self { payments: 1, checks: 4, audit: 1, events: 1, keys: 1 };

    /// Counts the rows of the payer with an e-mail address.
    pub async fn load(database: &DatabaseConnection, email: &str) -> Self {
        let count = |table: &str| {
            format!(
                "(SELECT COUNT(*) FROM {table} r JOIN payments p ON p.id = r.payment_id WHERE p.email_key = '{email}')"
            )
        };
        let tables = ["validation_results", "audit_log", "outbox", "idempotency_keys"].map(count).join(", ");
        let sql = format!("SELECT (SELECT COUNT(*) FROM payments WHERE email_key = '{email}'), {tables}");
        let statement = Statement::from_string(database.get_database_backend(), sql);
        let row = database.query_one_raw(statement).await.unwrap().unwrap();
        let column = |index| row.try_get_by_index(index).unwrap();
        Self { payments: column(0), checks: column(1), audit: column(2), events: column(3), keys: column(4) }
    }

    /// Checks that there is one complete booking or none; returns whether there is one.
    #[track_caller]
    pub fn assert_all_or_nothing(self, context: &str) -> bool {
        assert!([Self::NONE, Self::ONE_BOOKING].contains(&self), "{context}: {self:?}");
        self == Self::ONE_BOOKING
    }
}

/// Creates a key without Hermes.
pub async fn create_key(database: &DatabaseConnection, scopes: &[Scope]) -> ApiKey {
    let key = ApiKey::generate(&RandomIds);
    let record = access_keys::ActiveModel {
        id: Set(key.id().to_string()),
        name: Set("test".to_owned()),
        scopes: Set(scopes.iter().copied().collect::<ScopeSet>().to_string()),
        created_by: Set("system".to_owned()),
        created_at: Set(Utc::now()),
        expires_at: Set(None),
        revoked_at: Set(None),
    };
    access_keys::Entity::insert(record).exec_without_returning(database).await.unwrap();
    let secret = access_secrets::ActiveModel {
        key_id: Set(key.id().to_string()),
        digest: Set(key.digest().0.to_vec()),
        expires_at: Set(None),
    };
    access_secrets::Entity::insert(secret).exec_without_returning(database).await.unwrap();
    let changed = "UPDATE ledger_head SET access_seq = access_seq + 1";
    database.execute_unprepared(changed).await.unwrap();
    key
}

struct RandomIds;

impl RandomSource for RandomIds {
    fn random(&self) -> uuid::Uuid {
        uuid::Uuid::new_v4()
    }
}

/// Connects to the database of an environment.
///
/// On SQLite, Hermes should be running, because the first process that opens the file recovers it.
pub async fn connect(environment: &TestEnvironment) -> DatabaseConnection {
    let mut options = ConnectOptions::new(environment.database_url());
    options.max_connections(1).sqlx_logging(false);
    Database::connect(options).await.unwrap()
}

/// Returns the integer that a query selects.
pub async fn query_count(database: &DatabaseConnection, sql: &str) -> i64 {
    let statement = Statement::from_string(database.get_database_backend(), sql);
    database.query_one_raw(statement).await.unwrap().unwrap().try_get_by_index(0).unwrap()
}

/// Returns all rows of a query with two columns.
pub async fn query_pairs<A, B>(database: &DatabaseConnection, sql: &str) -> Vec<(A, B)>
where
    A: sea_orm::TryGetable,
    B: sea_orm::TryGetable,
{
    let statement = Statement::from_string(database.get_database_backend(), sql);
    let rows = database.query_all_raw(statement).await.unwrap();
    rows.iter().map(|row| (row.try_get_by_index(0).unwrap(), row.try_get_by_index(1).unwrap())).collect()
}

/// Checks that the head, the references and the rows of all tables have no gaps and match each other.
pub async fn assert_no_gaps(database: &DatabaseConnection) {
    let payments = query_count(database, "SELECT COUNT(*) FROM payments").await;
    for (sql, expected) in [
        ("SELECT next_reference - 1 FROM ledger_head", payments),
        ("SELECT COUNT(DISTINCT reference) FROM payments", payments),
        ("SELECT COUNT(*) FROM validation_results", 4 * payments),
        ("SELECT next_receipt - 1 - (SELECT COUNT(*) FROM receipts) FROM ledger_head", 0),
        ("SELECT next_refund - 1 - (SELECT COUNT(*) FROM refunds) FROM ledger_head", 0),
        ("SELECT COUNT(*) - MAX(seq) FROM audit_log", 0),
        ("SELECT audit_seq - (SELECT MAX(seq) FROM audit_log) FROM ledger_head", 0),
        ("SELECT COUNT(*) - MAX(seq) FROM outbox", 0),
        ("SELECT event_seq - (SELECT MAX(seq) FROM outbox) FROM ledger_head", 0),
        ("SELECT CAST(SUM(payments) AS SIGNED) FROM payment_totals", payments),
    ] {
        assert_eq!(query_count(database, sql).await, expected, "{sql}");
    }
}
