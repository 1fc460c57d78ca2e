//! The privileges of `docs/grants.sql` suffice for everything and do not allow changes of the audit log.

use chrono::{TimeDelta, Utc};
use hermes_domain::ports::{IdempotencyStore, OutboxRetention};
use hermes_repository::{Database, DatabaseSettings, SqlLedgerStore, SqlOutbox};
use hermes_test_support::{private_mariadb, private_mysql, redis};
use sea_orm::{ConnectionTrait, DatabaseConnection};
use serde_json::json;

use super::doctor::assert_finding;
use crate::support::{TestApp, TestEnvironment, poll, rows};

const GRANTS: &str = include_str!("../../../../docs/grants.sql");
pub(super) const USER: &str = "restricted";
const PASSWORD: &str = "restricted-Test-1";
/// The variables of Hermes with that user.
pub(super) const RESTRICTED: [(&str, &str); 3] =
    [("DB_USER", USER), ("DB_PASSWORD", PASSWORD), ("HERMES__DATABASE__MIGRATE_AT_START", "never")];

#[actix_web::test]
async fn the_documented_privileges_suffice_on_mariadb_and_mysql() {
    let servers = [private_mariadb().await, private_mysql().await];
    for server in servers.into_iter().flatten() {
        let Some(redis) = redis().await else { return };
        let environment = TestEnvironment::new(server.create_database().await, Some(redis));
        let owner = create_restricted_user(&environment).await;
        let app = TestApp::start_with(&environment, &RESTRICTED).await;

        book_correct_and_cancel(&app).await;
        poll(
            || async { rows::query_count(&owner, "SELECT published_seq FROM event_relay").await == 3 },
            "the relay",
        )
        .await;
        let erased = app.run(&["erase", "--payment", "REF001"]);
        assert!(erased.status.success(), "{}", String::from_utf8_lossy(&erased.stderr));
        let created = app.run(&["keys", "create", "--name", "a", "--scope", "ops:read", "--out", "a.key"]);
        assert!(created.status.success(), "{}", String::from_utf8_lossy(&created.stderr));
        app.assert_audit_log_is_intact(&["--deep"]);
        // Some servers reject the dump, others omit the triggers. Both outcomes name the missing right.
        let backup = app.run(&["backup", "file.backup"]);
        let printed = [backup.stdout, backup.stderr].concat();
        assert!(
            String::from_utf8_lossy(&printed).contains("TRIGGER"),
            "{}",
            String::from_utf8_lossy(&printed)
        );

        let login = environment.database.login().unwrap();
        let (host, port, name) = (&login.host, login.port, environment.database.name());
        let url = format!("mysql://{USER}:{PASSWORD}@{host}:{port}/{name}");
        assert_old_rows_can_be_purged(&url).await;
        // Without the triggers, only the privileges protect the audit log.
        for trigger in ["audit_log_no_update", "audit_log_no_delete"] {
            owner.execute_unprepared(&format!("DROP TRIGGER {trigger}")).await.unwrap();
        }
        assert_audit_log_cannot_be_changed(&url).await;
        assert_finding(&app, "ok       audit-log: this database user has no right to change it");
        assert_finding(&app, "ok       grants: this database user has every right that Hermes needs");
        let revoke = format!("REVOKE DELETE ON {}.outbox FROM '{USER}'@'%'", environment.database.name());
        owner.execute_unprepared(&revoke).await.unwrap();
        assert_finding(
            &app,
            "problem  grants: this database user lacks DELETE on outbox; let an administrator",
        );
    }
}

/// Creates the schema and a user with the documented privileges; returns a connection of the owner.
pub(super) async fn create_restricted_user(environment: &TestEnvironment) -> DatabaseConnection {
    hermes_migration::up(&environment.database.url, None).await.unwrap();
    let owner = rows::connect(environment).await;
    owner.execute_unprepared(&format!("CREATE USER '{USER}'@'%' IDENTIFIED BY '{PASSWORD}'")).await.unwrap();
    let grants = GRANTS
        .replace("hermes_payments.", &format!("{}.", environment.database.name()))
        .replace("'hermes'@", &format!("'{USER}'@"));
    let lines = grants.lines().filter(|line| !line.starts_with("--") && !line.is_empty());
    for grant in lines {
        owner.execute_unprepared(grant).await.unwrap();
    }
    owner
}

async fn book_correct_and_cancel(app: &TestApp) {
    let body = json!({"name": "Payer", "email": "payer@example.org", "amount": "5"});
    app.post("/api/bookings", &[("Idempotency-Key", "restricted")], &body).await.expect(201);
    let correction = json!({"student_id": "S-2", "reason": "typing error"});
    app.patch("/api/bookings/REF001", &[("If-Match", "\"v1\"")], &correction).await.expect(200);
    app.post("/api/bookings/REF001/cancel", &[], &json!({"reason": "booked twice"})).await.expect(200);
    assert_eq!(app.get("/api/bookings").await.expect(200).json().as_array().unwrap().len(), 1);
    assert_eq!(app.get("/api/events").await.expect(200).json().as_array().unwrap().len(), 3);
}

async fn assert_old_rows_can_be_purged(url: &str) {
    let database = Database::connect(&DatabaseSettings::new(url)).await.unwrap();
    let later = Utc::now() + TimeDelta::days(1);
    let keys = SqlLedgerStore::new(&database).purge_idempotency(later, 10).await.unwrap();
    let events = SqlOutbox::new(&database).purge_events(later, 3, 10).await.unwrap();
    assert_eq!((keys, events), (1, 2));
    database.close().await;
}

async fn assert_audit_log_cannot_be_changed(url: &str) {
    let user = sea_orm::Database::connect(url).await.unwrap();
    for change in
        ["UPDATE audit_log SET actor = 'nobody'", "DELETE FROM audit_log", "TRUNCATE TABLE audit_log"]
    {
        let error = user.execute_unprepared(change).await.unwrap_err().to_string();
        assert!(error.contains("command denied"), "{change}: {error}");
    }
    user.close().await.unwrap();
}
