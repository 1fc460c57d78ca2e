//! A database user with the rights of `docs/grants.sql` is enough for everything, and cannot change the audit log.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed"
)]

mod support;

use chrono::{TimeDelta, Utc};
use hermes_domain::ports::{IdempotencyStore, OutboxRetention};
use hermes_repository::{Database, DatabaseSettings, SqlLedgerStore, SqlOutbox};
use hermes_test_support::{SqlServer, private_mariadb, private_mysql, redis};
use sea_orm::{ConnectionTrait, DatabaseConnection};
use serde_json::json;
use support::{Hermes, Stage, poll, rows};

const GRANTS: &str = include_str!("../../../docs/grants.sql");
const USER: &str = "narrow";
const PASSWORD: &str = "narrow-Test-1";

#[actix_web::test]
async fn the_documented_rights_are_enough_on_mariadb() {
    the_documented_rights_are_enough(private_mariadb().await).await;
}

#[actix_web::test]
async fn the_documented_rights_are_enough_on_mysql() {
    the_documented_rights_are_enough(private_mysql().await).await;
}

async fn the_documented_rights_are_enough(server: Option<SqlServer>) {
    let (Some(server), Some(redis)) = (server, redis().await) else { return };
    let stage = Stage::on(server.create_database().await, Some(redis));
    let owner = rows_of_owner(&stage).await;
    let narrow =
        [("DB_USER", USER), ("DB_PASSWORD", PASSWORD), ("HERMES__DATABASE__MIGRATE_AT_START", "never")];
    let hermes = Hermes::start_with(&stage, &narrow).await;

    book_correct_and_cancel(&hermes).await;
    poll(|| async { rows::count(&owner, "SELECT published_seq FROM event_relay").await == 3 }, "the relay")
        .await;
    assert!(hermes.run(&["audit", "verify", "--deep"]).status.success());

    let url = narrow_url(&stage);
    old_rows_are_purged(&url).await;
    // The triggers would refuse it as well: without them it is the rights that do.
    for trigger in ["audit_log_no_update", "audit_log_no_delete"] {
        owner.execute_unprepared(&format!("DROP TRIGGER {trigger}")).await.unwrap();
    }
    the_audit_log_is_out_of_reach(&url).await;
    let looked_at = String::from_utf8(hermes.run(&["doctor"]).stdout).unwrap();
    assert!(looked_at.contains("ok     audit log: this database user may not change it"), "{looked_at}");
}

/// Makes the schema and the user, and gives the user the documented rights.
async fn rows_of_owner(stage: &Stage) -> DatabaseConnection {
    hermes_migration::up(&stage.database.url, None).await.unwrap();
    let owner = rows::connect(stage).await;
    owner.execute_unprepared(&format!("CREATE USER '{USER}'@'%' IDENTIFIED BY '{PASSWORD}'")).await.unwrap();
    let grants = GRANTS
        .replace("hermes_payments.", &format!("{}.", stage.database.name()))
        .replace("'hermes'@", &format!("'{USER}'@"));
    let lines = grants.lines().filter(|line| !line.starts_with("--") && !line.is_empty());
    for grant in lines {
        owner.execute_unprepared(grant).await.unwrap();
    }
    owner
}

async fn book_correct_and_cancel(hermes: &Hermes) {
    let body = json!({"name": "Payer", "email": "payer@example.org", "amount": "5"});
    hermes.post("/api/bookings", &[("Idempotency-Key", "narrow")], &body).await.expect(201);
    let correction = json!({"student_id": "S-2", "reason": "typing error"});
    hermes.patch("/api/bookings/REF001", &[("If-Match", "\"v1\"")], &correction).await.expect(200);
    hermes.post("/api/bookings/REF001/cancel", &[], &json!({"reason": "booked twice"})).await.expect(200);
    assert_eq!(hermes.get("/api/bookings").await.expect(200).json().as_array().unwrap().len(), 1);
    assert_eq!(hermes.get("/api/events").await.expect(200).json().as_array().unwrap().len(), 3);
}

async fn old_rows_are_purged(url: &str) {
    let database = Database::connect(&DatabaseSettings::new(url)).await.unwrap();
    let later = Utc::now() + TimeDelta::days(1);
    let keys = SqlLedgerStore::new(&database).purge_idempotency(later, 10).await.unwrap();
    let events = SqlOutbox::new(&database).purge_events(later, 3, 10).await.unwrap();
    assert_eq!((keys, events), (1, 2));
    database.close().await;
}

async fn the_audit_log_is_out_of_reach(url: &str) {
    let user = sea_orm::Database::connect(url).await.unwrap();
    for change in
        ["UPDATE audit_log SET actor = 'nobody'", "DELETE FROM audit_log", "TRUNCATE TABLE audit_log"]
    {
        let refused = user.execute_unprepared(change).await.unwrap_err().to_string();
        assert!(refused.contains("command denied"), "{change}: {refused}");
    }
    user.close().await.unwrap();
}

fn narrow_url(stage: &Stage) -> String {
    let login = stage.database.login().unwrap();
    format!("mysql://{USER}:{PASSWORD}@{}:{}/{}", login.host, login.port, stage.database.name())
}
