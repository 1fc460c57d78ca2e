use hermes_migration::up;
use hermes_test_support::TestDatabase;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend};

use crate::databases::{column, connect, each};

const TRIGGERS: &str = "SELECT COUNT(*) FROM information_schema.triggers WHERE trigger_schema = DATABASE()";

#[tokio::test]
async fn the_audit_log_can_be_added_to_and_not_changed() {
    for database in each().await {
        up(&database.url, None).await.unwrap();
        let db = connect(&database).await;
        for sql in [payment(), entry()] {
            db.execute_unprepared(&sql).await.unwrap();
        }

        let forged = entry().replace("'api'", "'nobody'");
        let changes = [
            "UPDATE audit_log SET actor = 'nobody'",
            "DELETE FROM audit_log",
            &forged.replace("INSERT", "REPLACE"),
            &(forged + upsert(&db)),
        ];
        for change in changes {
            let refusal = db.execute_unprepared(change).await.expect_err(change).to_string();
            assert!(refusal.contains("audit_log only grows"), "{change}: {refusal}");
        }
        assert_eq!(column::<String>(&db, "SELECT actor FROM audit_log").await, ["api"]);
    }
}

#[tokio::test]
async fn a_user_who_may_not_create_triggers_migrates_all_the_same() {
    for database in each().await {
        let Some(url) = as_user_without_triggers(&database).await else { continue };
        assert_eq!(up(&url, None).await.unwrap().len(), 12);
        let db = connect(&database).await;
        assert_eq!(column::<i64>(&db, TRIGGERS).await, [0]);
        drop_user(&db, &database).await;
    }
}

/// The rest of an INSERT that changes the row which is there instead.
fn upsert(db: &DatabaseConnection) -> &'static str {
    match db.get_database_backend() {
        DbBackend::Sqlite => " ON CONFLICT DO UPDATE SET actor = excluded.actor",
        _ => " ON DUPLICATE KEY UPDATE actor = 'nobody'",
    }
}

/// The URL of a user of the database who has every privilege but that one; `None` on SQLite.
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

/// Of at most 32 characters, and of this test only.
fn user(database: &TestDatabase) -> String {
    let name = database.name();
    format!("u{}", &name[name.len() - 20..])
}

fn payment() -> String {
    "INSERT INTO payments (id, reference, page_token, name, email, email_key, currency_from, amount,
         amount_received, fee_amount, final_amount, fee_rate_bps, fee_rule, fee_bearer, status,
         validation_status, version, created_at, updated_at)
     VALUES (X'00000000000000000000000000000001', 'REF001', X'00000000000000000000000000000001', 'Ada',
         'a@example.org', 'a@example.org', 'USD', 10000, 0, 500, 10500, 500, 'below 1000', 'PAYER', 'PENDING',
         'PASSED', 1, '2026-11-22 10:00:00.123456', '2026-11-22 10:00:00.123456')"
        .to_owned()
}

fn entry() -> String {
    format!(
        "INSERT INTO audit_log (seq, payment_id, action, actor, created_at, hash)
         VALUES (1, X'00000000000000000000000000000001', 'PAYMENT_BOOKED', 'api', '2026-11-22 10:00:00.123456',
             X'{}')",
        "00".repeat(32)
    )
}
