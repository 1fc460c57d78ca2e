use hermes_migration::{MigrationError, create_triggers, up};
use hermes_test_support::TestDatabase;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend};

use crate::databases::{column, connect, describe, each, insert_payment, step_count};

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

/// The commitments of the reason and the address in [`entry`], computed with Python.
const REASON: &str = "f1e889435212e79fb4d969ef179694c062fab10893700f073c3a275e16fbbea0";
const IP_ADDRESS: &str = "8c4a8ed569e94c63a9b18514269ca496829ae9f6cfa47aa41d8ae98c1718a872";

#[tokio::test]
async fn an_erasure_is_the_only_accepted_change() {
    for database in each().await {
        up(&database.url, None).await.unwrap();
        let db = connect(&database).await;
        insert_payment(&db, 1, "REF001").await.unwrap();
        db.execute_unprepared(&entry()).await.unwrap();
        let erasure = format!("salt = NULL, reason = '{REASON}', ip_address = '{IP_ADDRESS}'");

        let mut rejected = vec![
            "salt = NULL".to_owned(),
            erasure.replace("salt = NULL, ", ""),
            erasure.replace(REASON, "why"),
            format!("salt = NULL, reason = NULL, ip_address = '{IP_ADDRESS}'"),
            format!("{erasure}, old_value = '{REASON}'"),
            format!("{erasure}, actor = 'API'"),
            format!("{erasure}, action = 'PAYMENT_CANCELLED'"),
            format!("{erasure}, seq = 2"),
            format!("{erasure}, hash = X'{}'", "01".repeat(32)),
        ];
        if db.get_database_backend() != DbBackend::Sqlite {
            // SQLite cannot compute the commitment; the chain detects this change.
            rejected.push(erasure.replace(REASON, IP_ADDRESS));
        }
        for change in rejected {
            let change = format!("UPDATE audit_log SET {change}");
            let error = db.execute_unprepared(&change).await.expect_err(&change).to_string();
            assert!(error.contains("audit_log only grows"), "{change}: {error}");
        }
        db.execute_unprepared(&format!("UPDATE audit_log SET {erasure}")).await.unwrap();
        let again = db.execute_unprepared(&format!("UPDATE audit_log SET {erasure}")).await;
        assert!(again.unwrap_err().to_string().contains("audit_log only grows"));
        assert_eq!(column::<String>(&db, "SELECT reason FROM audit_log").await, [REASON]);
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

#[tokio::test]
async fn missing_triggers_can_be_created_later() {
    for database in each().await {
        assert!(matches!(create_triggers(&database.url).await, Err(MigrationError::PendingSteps(_))));
        up(&database.url, None).await.unwrap();
        let db = connect(&database).await;
        insert_payment(&db, 1, "REF001").await.unwrap();
        db.execute_unprepared(&entry()).await.unwrap();
        let complete = describe(&db).await;
        // A trigger of an earlier schema rejects every change, also an erasure.
        db.execute_unprepared("DROP TRIGGER audit_log_no_delete").await.unwrap();
        db.execute_unprepared("DROP TRIGGER audit_log_no_update").await.unwrap();
        db.execute_unprepared(earlier_trigger(&db)).await.unwrap();

        if let Some(url) = as_user_without_triggers(&database).await {
            let refused = create_triggers(&url).await;
            assert!(matches!(refused, Err(MigrationError::TriggersForbidden(_))), "{refused:?}");
            drop_user(&db, &database).await;
        }
        let created = create_triggers(&database.url).await.unwrap();
        assert!(created.contains(&"audit_log_no_delete".to_owned()), "{created:?}");
        assert_eq!(describe(&db).await, complete);
        create_triggers(&database.url).await.unwrap();
        assert_eq!(describe(&db).await, complete);
        assert_eq!(column::<String>(&db, "SELECT reason FROM audit_log").await, ["why"]);
    }
}

fn earlier_trigger(db: &DatabaseConnection) -> &'static str {
    match db.get_database_backend() {
        DbBackend::Sqlite => {
            "CREATE TRIGGER audit_log_no_update BEFORE UPDATE ON audit_log BEGIN SELECT RAISE(ABORT, 'no'); END"
        }
        _ => {
            "CREATE TRIGGER audit_log_no_update BEFORE UPDATE ON audit_log FOR EACH ROW \
             SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no'"
        }
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
        "INSERT INTO audit_log (seq, payment_id, subject_type, subject_id, action, actor, salt, reason, ip_address,
             created_at, hash)
         VALUES (1, X'00000000000000000000000000000001', 'payment', '{}', 'PAYMENT_BOOKED', 'api', X'{}', 'why',
             '::1', '2026-11-22 10:00:00.123456', X'{}')",
        "0".repeat(32),
        "07".repeat(16),
        "00".repeat(32)
    )
}
