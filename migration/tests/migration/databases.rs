//! Empty databases, and queries about their schema.

use hermes_migration::Migrator;
use hermes_test_support::TestDatabase;
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, DbBackend, DbErr, Statement, TryGetable};
use sea_orm_migration::MigratorTrait as _;

/// Creates one empty database of each kind.
pub async fn each() -> Vec<TestDatabase> {
    let sqlite = hermes_test_support::sqlite().await;
    [Some(sqlite), hermes_test_support::mariadb().await, hermes_test_support::mysql().await]
        .into_iter()
        .flatten()
        .collect()
}

/// Returns the number of the steps of the schema.
pub fn step_count() -> usize {
    Migrator::migrations().len()
}

/// Creates two empty databases of each kind.
pub async fn pairs() -> Vec<(TestDatabase, TestDatabase)> {
    each().await.into_iter().zip(each().await).collect()
}

pub async fn connect(database: &TestDatabase) -> DatabaseConnection {
    Database::connect(&database.url).await.unwrap()
}

/// Returns the first column of every row.
pub async fn column<T: TryGetable>(db: &DatabaseConnection, sql: &str) -> Vec<T> {
    let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await.unwrap();
    rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
}

/// Inserts a payment of 100.00 USD and a fee of 5.00 USD.
pub async fn insert_payment(db: &DatabaseConnection, id: u8, reference: &str) -> Result<(), DbErr> {
    let sql = format!(
        "INSERT INTO payments (id, reference, name, email, email_key, currency_from, amount,
             amount_received, fee_amount, final_amount, fee_rate_bps, fee_rule, fee_bearer, status,
             validation_status, version, created_at, updated_at)
         VALUES (X'{id:032x}', '{reference}', 'Ada', 'Ada@example.org', 'ada@example.org', 'USD', 10000,
             0, 500, 10500, 500, 'below 1000', 'PAYER', 'PENDING',
             'PASSED', 1, '2026-11-22 10:00:00.123456', '2026-11-22 10:00:00.123456')"
    );
    db.execute_unprepared(&sql).await.map(|_| ())
}

pub async fn tables(db: &DatabaseConnection) -> Vec<String> {
    let sql = match db.get_database_backend() {
        DbBackend::Sqlite => {
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        }
        _ => "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()",
    };
    let mut names = column::<String>(db, sql).await;
    names.sort_unstable();
    names
}

/// Describes every table, column, index, key, constraint and trigger of the database in one line each.
pub async fn describe(db: &DatabaseConnection) -> Vec<String> {
    let queries: &[&str] = match db.get_database_backend() {
        DbBackend::Sqlite => &["SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name"],
        _ => &[
            "SELECT CONCAT_WS(' ', table_name, engine, table_collation)
             FROM information_schema.tables WHERE table_schema = DATABASE() ORDER BY table_name",
            "SELECT CONCAT_WS(' ', table_name, column_name, column_type, is_nullable, column_key, collation_name)
             FROM information_schema.columns WHERE table_schema = DATABASE()
             ORDER BY table_name, ordinal_position",
            "SELECT CONCAT_WS(' ', table_name, index_name, non_unique, seq_in_index, column_name)
             FROM information_schema.statistics WHERE table_schema = DATABASE()
             ORDER BY table_name, index_name, seq_in_index",
            "SELECT CONCAT_WS(' ', table_name, constraint_name, column_name, referenced_table_name)
             FROM information_schema.key_column_usage WHERE table_schema = DATABASE()
             ORDER BY table_name, constraint_name, ordinal_position",
            "SELECT CONCAT_WS(' ', constraint_name, check_clause)
             FROM information_schema.check_constraints WHERE constraint_schema = DATABASE()
             ORDER BY constraint_name",
            "SELECT CONCAT_WS(' ', trigger_name, event_object_table, action_timing, event_manipulation,
                 action_statement)
             FROM information_schema.triggers WHERE trigger_schema = DATABASE() ORDER BY trigger_name",
        ],
    };
    let mut lines = Vec::new();
    for sql in queries {
        lines.extend(column::<String>(db, sql).await);
    }
    // SQLite stores statements as written, including line breaks.
    lines.iter().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}
