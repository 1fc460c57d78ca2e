//! The program is open to its own machine until the first key exists, and closed everywhere else.

use std::fs;
use std::time::{Duration, Instant};

use hermes_domain::access::Scope;

use super::doctor::assert_finding;
use crate::support::{TestApp, TestEnvironment, rows};

/// The staleness bound of the default settings.
const STALENESS_BOUND: Duration = Duration::from_millis(250);

#[actix_web::test]
async fn the_first_key_closes_an_open_portal_without_a_restart() {
    let environment = TestEnvironment::sqlite().await;
    let mut app = TestApp::start(&environment).await;
    assert!(
        app.log().contains("access     open to this machine; `hermes keys create` closes it"),
        "{}",
        app.log()
    );
    assert_finding(&app, "ok       access: open to this machine");
    app.book("ana").await.expect(201);
    app.metrics().await;

    let database = rows::connect(&environment).await;
    let key = rows::create_key(&database, &[Scope::BookingsRead, Scope::OpsWrite]).await;
    let created = Instant::now();
    // Requests in between do not delay the change.
    while app.get("/api/bookings").await.status == 200 {
        assert!(
            created.elapsed() < STALENESS_BOUND,
            "the portal is still open after {:?}",
            created.elapsed()
        );
    }
    let dashboard = format!("http://127.0.0.1:{}/", app.dashboard_port());
    let refused = app.client.send("GET", &dashboard, &[], None).await.unwrap().expect(401);
    assert_eq!(refused.header("WWW-Authenticate"), "Basic realm=\"Hermes\"");
    app.get("/payment").await.expect(200);
    app.get("/health").await.expect(200);

    app.key = Some(key.clone());
    app.get("/api/bookings").await.expect(200);
    let refused = app.book("ben").await.expect(403).json();
    assert!(refused["detail"].as_str().unwrap().contains("bookings:write"), "{refused}");

    let file = environment.folder.path().join("key");
    fs::write(&file, key.expose() + "\n").unwrap();
    let file = file.display().to_string();
    let warm = |arguments: &[&str]| app.run(&[&["cache", "warm"], arguments].concat());
    let refused = String::from_utf8(warm(&[]).stderr).unwrap();
    assert!(refused.contains("status 401") && refused.contains("HERMES_KEY_FILE"), "{refused}");
    assert!(warm(&["--key-file", &file]).status.success());
    assert!(app.run(&["healthcheck"]).status.success());
    assert_finding(&app, "ok       access: closed: 1 key");
    let findings = app.stdout_of(&["doctor", "--key-file", &file]);
    assert!(findings.contains("has the scopes bookings:read ops:write"), "{findings}");
    assert!(!app.log().contains(&key.expose()), "the log contains the key");

    app.kill();
    app.restart().await;
    assert!(app.log().contains("access     closed: 1 key"), "{}", app.log());
    database.close().await.unwrap();
}

#[actix_web::test]
async fn on_an_address_that_other_machines_reach_the_portal_starts_closed() {
    let environment = TestEnvironment::sqlite().await;
    for closed in [("HERMES__SERVER__HOST", "0.0.0.0"), ("HERMES__ACCESS__MODE", "closed")] {
        let app = TestApp::start_with(&environment, &[closed]).await;
        app.get("/api/bookings").await.expect(401);
        app.get("/payment").await.expect(200);
        let log = app.log();
        assert!(log.contains("closed: no key exists yet; create one with `hermes keys create "), "{log}");
        fs::remove_file(environment.folder.path().join("hermes.log")).unwrap();
    }
}
