//! Every released schema migrates to the current one, and its payments remain.

use std::fs;
use std::path::{Path, PathBuf};

use hermes_migration::{TouchedTable, pending, status, touched_tables, up};
use hermes_test_support::TestDatabase;
use sea_orm::{ConnectionTrait, DbBackend};

use crate::databases::{column, connect, describe, each, pairs};

/// A payment as version 0.1.0 stores it.
const PAYMENT_0_1_0: &str = "INSERT INTO payments (id, reference, page_token, name, email, email_key, currency_from, amount,
     amount_received, fee_amount, final_amount, fee_rate_bps, fee_rule, fee_bearer, status, validation_status, version,
     created_at, updated_at)
     VALUES (X'00000000000000000000000000000001', 'REF001', X'00000000000000000000000000000001', 'Ada',
     'Ada@example.org', 'ada@example.org', 'USD', 10000, 0, 500, 10500, 500, 'below 1000', 'PAYER', 'PENDING', 'PASSED', 1,
     '2026-11-22 10:00:00.123456', '2026-11-22 10:00:00.123456')";

#[tokio::test]
async fn each_released_schema_migrates_to_the_current_one() {
    for version in versions() {
        for (old, fresh) in pairs().await {
            load(&old, &version).await;
            up(&old.url, None).await.unwrap();
            up(&fresh.url, None).await.unwrap();

            let (old, fresh) = (connect(&old).await, connect(&fresh).await);
            assert_eq!(describe(&old).await, describe(&fresh).await, "{version}");
            assert_eq!(pending(&old).await.unwrap(), 0);
        }
    }
}

#[tokio::test]
async fn a_payment_of_a_released_schema_remains() {
    for version in versions() {
        for database in each().await {
            load(&database, &version).await;
            let db = connect(&database).await;
            db.execute_unprepared(PAYMENT_0_1_0).await.unwrap();
            up(&database.url, None).await.unwrap();

            assert_eq!(
                column::<String>(&db, "SELECT reference FROM payments").await,
                ["REF001"],
                "{version}"
            );
            assert_eq!(column::<i64>(&db, "SELECT final_amount FROM payments").await, [10_500], "{version}");
        }
    }
}

#[tokio::test]
async fn the_rows_that_a_pending_step_touches_are_counted() {
    for database in each().await {
        load(&database, "0.1.0").await;
        let db = connect(&database).await;
        db.execute_unprepared(PAYMENT_0_1_0).await.unwrap();
        let mut touched = Vec::new();
        for step in status(&db).await.unwrap().into_iter().filter(|step| !step.applied) {
            touched.extend(touched_tables(&db, &step.name).await.unwrap());
        }
        assert!(touched.contains(&TouchedTable { name: "payments", rows: 1 }), "{touched:?}");
        assert!(touched.contains(&TouchedTable { name: "audit_log", rows: 0 }), "{touched:?}");
        // The first step creates a table.
        let first = status(&db).await.unwrap().swap_remove(0).name;
        assert!(touched_tables(&db, &first).await.unwrap().is_empty());
    }
}

/// Returns the released versions, from the names of the files.
fn versions() -> Vec<String> {
    let names =
        fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let versions: Vec<_> =
        names.filter_map(|name| name.strip_suffix("-mysql.sql").map(str::to_owned)).collect();
    assert!(!versions.is_empty(), "{} has no released schema", folder().display());
    versions
}

async fn load(database: &TestDatabase, version: &str) {
    let db = connect(database).await;
    let dialect = if db.get_database_backend() == DbBackend::Sqlite { "sqlite" } else { "mysql" };
    let script = fs::read_to_string(folder().join(format!("{version}-{dialect}.sql"))).unwrap();
    for statement in script.split_terminator(";\n") {
        db.execute_unprepared(statement).await.unwrap();
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/released")
}
