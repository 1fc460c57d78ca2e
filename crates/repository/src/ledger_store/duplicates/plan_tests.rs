//! The query plans: every database uses the index, for any number of keys.

use chrono::DateTime;
use hermes_domain::payment::{DuplicateKey, PaymentId};
use hermes_test_support::TestDatabase;
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, QueryResult, Statement,
};

use super::query_template::{QueryTemplate, key_values};

#[tokio::test]
async fn the_index_is_used_for_one_key_and_for_many() {
    let sqlite = hermes_test_support::sqlite().await;
    let servers = [hermes_test_support::mariadb().await, hermes_test_support::mysql().await];
    for database in servers.into_iter().flatten().chain([sqlite]) {
        let db = with_payments(&database).await;
        for count in [1, 256] {
            for keys in [keys(count, false), keys(count, true)] {
                let plan = explain(&db, &keys).await;
                let sorts = plan.to_lowercase().contains("filesort") || plan.contains("TEMP B-TREE");
                assert!(plan.contains("payments_email_key"), "{count}: {plan}");
                assert!(!sorts, "{count}: {plan}");
            }
        }
    }
}

/// Inserts 500 payments of 50 payers and updates the statistics of the database.
async fn with_payments(database: &TestDatabase) -> DatabaseConnection {
    hermes_migration::up(&database.url, None).await.unwrap();
    let mut options = ConnectOptions::new(&database.url);
    let db = Database::connect(options.max_connections(1).to_owned()).await.unwrap();
    // The default of MySQL 9 is a tree. MariaDB supports the table only and rejects the statement.
    let _ = db.execute_unprepared("SET SESSION explain_format = 'TRADITIONAL'").await;
    let rows: Vec<String> = (0..500).map(row).collect();
    db.execute_unprepared(&format!("INSERT INTO payments VALUES {}", rows.join(", "))).await.unwrap();
    let analyse = match db.get_database_backend() {
        DbBackend::Sqlite => "ANALYZE",
        _ => "ANALYZE TABLE payments",
    };
    db.execute_unprepared(analyse).await.unwrap();
    db
}

fn row(number: usize) -> String {
    let payer = number % 50;
    let second = number % 60;
    format!(
        "(X'{number:032x}', 'REF{number}', 'Ana', 'p{payer}@example.org', 'p{payer}@example.org', \
         NULL, NULL, NULL, NULL, NULL, 'USD', 100, 0, 0, 100, 0, 'rest', 'PAYER', 'PENDING', 'PASSED', NULL, 1, \
         '2026-11-22 10:00:{second:02}', '2026-11-22 10:00:00', 1, NULL, 0, NULL, NULL)"
    )
}

fn keys(count: usize, full: bool) -> Vec<DuplicateKey> {
    let key = |number: usize| DuplicateKey {
        email_key: format!("p{number}@example.org"),
        amount_minor: full.then_some(100),
        currency_from: full.then_some("USD"),
        school: full.then(String::new),
        student_id: full.then(String::new),
        created_from: full.then_some(DateTime::UNIX_EPOCH),
        exclude_id: PaymentId::NIL,
    };
    (0..count).map(key).collect()
}

/// Returns the lines of the plan that concern the payments table or a sort.
async fn explain(db: &DatabaseConnection, keys: &[DuplicateKey]) -> String {
    let backend = db.get_database_backend();
    let sql = QueryTemplate::from(&keys[0]).sql(backend, keys.len());
    let values = keys.iter().flat_map(key_values);
    let (explain, columns): (_, &[&str]) = match backend {
        DbBackend::Sqlite => ("EXPLAIN QUERY PLAN", &["detail"]),
        _ => ("EXPLAIN", &["table", "type", "key", "Extra"]),
    };
    let statement = Statement::from_sql_and_values(backend, format!("{explain} {sql}"), values);
    let rows = db.query_all_raw(statement).await.unwrap();
    let line = |row: &QueryResult| {
        let value = |name: &&str| row.try_get::<Option<String>>("", name).unwrap().unwrap_or_default();
        columns.iter().map(value).collect::<Vec<_>>().join(" ")
    };
    let lines = rows.iter().map(line);
    lines
        .filter(|line| line.starts_with("p ") || line.contains(" p ") || line.contains("B-TREE"))
        .collect::<Vec<_>>()
        .join("\n")
}
