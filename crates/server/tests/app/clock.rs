//! The clock of the database differs from the clock of the server.

use chrono::{DateTime, TimeDelta, Utc};
use hermes_test_support::{private_mariadb, private_mysql};
use sea_orm::{ConnectionTrait, DatabaseConnection};

use super::doctor::assert_finding;
use super::least_privilege::{RESTRICTED, USER, create_restricted_user};
use crate::support::{TestApp, TestEnvironment, poll, rows};

#[actix_web::test]
async fn a_wrong_clock_is_reported_and_stops_changes_until_it_is_right() {
    let servers = [private_mariadb().await, private_mysql().await];
    for server in servers.into_iter().flatten() {
        let environment = TestEnvironment::new(server.create_database().await, None);
        let owner = create_restricted_user(&environment).await;
        let app = TestApp::start_with(&environment, &RESTRICTED).await;
        app.book("ana").await.expect(201);
        assert_eq!(app.get("/health").await.expect(200).json()["clock"], "agrees");
        assert_finding(&app, "ok       clock: agrees with the clock of the database");

        set_database_clock(&owner, "SET timestamp = UNIX_TIMESTAMP() + 1800").await;
        poll(|| async { app.book("ben").await.status == 201 }, "a booking").await;
        let health = app.get("/health").await.expect(200).json();
        assert_eq!((&health["status"], &health["clock"]), (&"degraded".into(), &"differs".into()));
        assert_finding(&app, "s behind the clock of the database; synchronise this machine and the database");
        assert_no_booking_is_in_the_future(&app).await;

        set_database_clock(&owner, "SET timestamp = UNIX_TIMESTAMP() + 7200").await;
        poll(|| async { app.book("eve").await.status == 503 }, "a rejection").await;
        app.wait_for_log("changes are rejected until both machines are synchronised").await;
        let rejected = app.book("eve").await.expect(503);
        assert_eq!(rejected.json()["code"], "clock-wrong");
        app.get("/health/ready").await.expect(503);
        app.get("/api/bookings/REF001").await.expect(200);
        assert_finding(&app, "so Hermes rejects all changes");

        set_database_clock(&owner, "").await;
        poll(|| async { app.book("dan").await.status == 201 }, "a booking").await;
        assert_eq!(app.get("/health").await.expect(200).json()["status"], "ok");
        assert_no_booking_is_in_the_future(&app).await;
    }
}

/// Lets every new session of Hermes run a statement, and ends the existing sessions.
async fn set_database_clock(owner: &DatabaseConnection, statement: &str) {
    owner.execute_unprepared(&format!("SET GLOBAL init_connect = '{statement}'")).await.unwrap();
    let sessions =
        format!("SELECT CAST(id AS SIGNED), 0 FROM information_schema.processlist WHERE user = '{USER}'");
    for (id, _) in rows::query_pairs::<i64, i64>(owner, &sessions).await {
        // The session may have ended meanwhile.
        let _ = owner.execute_unprepared(&format!("KILL {id}")).await;
    }
}

async fn assert_no_booking_is_in_the_future(app: &TestApp) {
    let list = app.get("/api/bookings").await.expect(200).json();
    for booking in list.as_array().unwrap() {
        let created_at: DateTime<Utc> = booking["created_at"].as_str().unwrap().parse().unwrap();
        assert!(created_at <= Utc::now() + TimeDelta::seconds(1), "{booking}");
    }
}
