use hermes_migration::up;
use hermes_test_support::TestDatabase;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend};

use crate::databases::{column, connect, each, insert_payment, step_count};

const TRIGGERS: &str = "SELECT COUNT(*) FROM information_schema.triggers WHERE trigger_schema = DATABASE()";

#[tokio::test]
async fn audit_rows_can_be_inserted_but_not_changed() {
    for database in each().await {
        up(&database.url, None).await.unwrap();
        let db = connect(&database).await;
        insert_payment(&db, 1, "REF001").await.unwrap();
        db.execute_unprepared(&entry()).await.unwrap();

        let forged = entry().replace("'api'", "'forger'");
        let changes = [
            "UPDATE audit_log SET actor = 'forger'",
            "DELETE FROM audit_log",
            &forged.replace("INSERT", "REPLACE"),
            &(forged + upsert(&db)),
        ];
        for change in changes {
            let error = db.execute_unprepared(change).await.expect_err(change).to_string();
            assert!(error.contains("audit_log only grows"), "{change}: {error}");
        }
        assert_eq!(column::<String>(&db, "SELECT actor FROM audit_log").await, ["api"]);
    }
}

#[tokio::test]
async fn a_user_without_the_trigger_privilege_can_migrate() {
    for database in each().await {
        let Some(url) = as_user_without_triggers(&database).await else { continue };
        assert_eq!(up(&url, None).await.unwrap().len(), step_count());
        let db = connect(&database).await;
        assert_eq!(column::<i64>(&db, TRIGGERS).await, [0]);
        drop_user(&db, &database).await;
    }
}

/// Returns the clause that makes an INSERT update an existing row.
fn upsert(db: &DatabaseConnection) -> &'static str {
    match db.get_database_backend() {
        DbBackend::Sqlite => " ON CONFLICT DO UPDATE SET actor = excluded.actor",
        _ => " ON DUPLICATE KEY UPDATE actor = 'forger'",
    }
}

/// Returns the URL of a user who has every privilege except TRIGGER, or `None` on SQLite.
async fn as_user_without_triggers(database: &TestDatabase) -> Option<String> {
    let login = database.login()?;
    let (db, user) = (connect(database).await, user(database));
    for sql in [
        format!("CREATE USER {user}@'%' IDENTIFIED BY 'plain-Test-1'"),
        format!("GRANT ALL ON {}.* TO {user}@'%'", database.name()),
        format!("REVOKE TRIGGER ON {}.* FROM {user}@'%'", database.name()),
    ] {
        db.execute_unprepared(&sql).await.unwrap();
    }
    let own = format!("{}:{}@", login.user, login.password);
    Some(database.url.replace(&own, &format!("{user}:plain-Test-1@")))
}

async fn drop_user(db: &DatabaseConnection, database: &TestDatabase) {
    db.execute_unprepared(&format!("DROP USER {}@'%'", user(database))).await.unwrap();
}

/// Returns a user name of at most 32 characters for this test only.
fn user(database: &TestDatabase) -> String {
    let name = database.name();
    format!("u{}", &name[name.len() - 20..])
}

fn entry() -> String {
    format!(
        "INSERT INTO audit_log (seq, payment_id, action, actor, created_at, hash)
         VALUES (1, X'00000000000000000000000000000001', 'PAYMENT_BOOKED', 'api', '2026-11-22 10:00:00.123456',
             X'{}')",
        "00".repeat(32)
    )
}
