//! The rows of the database, read around the program.

use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, Statement};

use super::Stage;

/// How many rows of each kind belong to one payer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PayerRows {
    pub payments: i64,
    pub checks: i64,
    pub audit: i64,
    pub events: i64,
    pub keys: i64,
}

impl PayerRows {
    /// Nothing was booked.
    pub const NONE: Self = Self { payments: 0, checks: 0, audit: 0, events: 0, keys: 0 };
    /// One booking with a key, and all that belongs to it.
    pub const ONE_BOOKING: Self = Self { payments: 1, checks: 4, audit: 1, events: 1, keys: 1 };
}

/// A connection to the database of a stage. On SQLite the program should be running: who opens the file first
/// recovers it.
pub async fn connect(stage: &Stage) -> DatabaseConnection {
    let mut options = ConnectOptions::new(stage.database_url());
    options.max_connections(1).sqlx_logging(false);
    Database::connect(options).await.unwrap()
}

pub async fn count(database: &DatabaseConnection, sql: &str) -> i64 {
    let statement = Statement::from_string(database.get_database_backend(), sql);
    database.query_one_raw(statement).await.unwrap().unwrap().try_get_by_index(0).unwrap()
}

/// The rows of the payer with an address.
pub async fn of_payer(database: &DatabaseConnection, email: &str) -> PayerRows {
    let of = |table: &str| {
        format!(
            "(SELECT COUNT(*) FROM {table} r JOIN payments p ON p.id = r.payment_id WHERE p.email_key = '{email}')"
        )
    };
    let tables = ["validation_results", "audit_log", "outbox", "idempotency_keys"].map(of).join(", ");
    let sql = format!("SELECT (SELECT COUNT(*) FROM payments WHERE email_key = '{email}'), {tables}");
    let statement = Statement::from_string(database.get_database_backend(), sql);
    let row = database.query_one_raw(statement).await.unwrap().unwrap();
    let column = |place| row.try_get_by_index(place).unwrap();
    PayerRows { payments: column(0), checks: column(1), audit: column(2), events: column(3), keys: column(4) }
}

/// Checks that the counters of the head, the references and the rows of all tables fit together without a gap.
pub async fn expect_no_gaps(database: &DatabaseConnection) {
    let payments = count(database, "SELECT COUNT(*) FROM payments").await;
    for (what, expected) in [
        ("SELECT next_reference - 1 FROM ledger_head", payments),
        ("SELECT COUNT(DISTINCT reference) FROM payments", payments),
        ("SELECT COUNT(*) FROM validation_results", 4 * payments),
        ("SELECT COUNT(*) - MAX(seq) FROM audit_log", 0),
        ("SELECT audit_seq - (SELECT MAX(seq) FROM audit_log) FROM ledger_head", 0),
        ("SELECT COUNT(*) - MAX(seq) FROM outbox", 0),
        ("SELECT event_seq - (SELECT MAX(seq) FROM outbox) FROM ledger_head", 0),
        ("SELECT CAST(SUM(payments) AS SIGNED) FROM payment_totals", payments),
    ] {
        assert_eq!(count(database, what).await, expected, "{what}");
    }
}
