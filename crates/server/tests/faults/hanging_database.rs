//! While the database hangs, requests get a response after a second. The work in flight continues, and a retry with the
//! same idempotency key finds its outcome.

use std::time::{Duration, Instant};

use hermes_test_support::{private_mariadb, private_mysql};
use serde_json::json;

use crate::support::{Response, TestApp, TestEnvironment, poll};

/// The longest time until a response while the database hangs, on a busy machine.
const RESPONSE_MAX: Duration = Duration::from_millis(1_900);

#[actix_web::test]
async fn requests_on_a_hanging_database_end_after_a_second_and_lose_nothing() {
    let servers = [private_mariadb().await, private_mysql().await];
    for mut server in servers.into_iter().flatten() {
        let environment = TestEnvironment::new(server.create_database().await, None);
        let app = TestApp::start(&environment).await;
        app.book("first").await.expect(201);
        app.get("/api/bookings/REF001/audit").await.expect(200);

        server.pause();
        let (written, read) = tokio::join!(timed(book(&app)), timed(app.get("/api/bookings/REF001/audit")));
        server.resume();
        for ((response, took), code) in [(written, "outcome-unknown"), (read, "database-unavailable")] {
            assert_eq!(response.expect(503).json()["code"], code);
            assert!(took < RESPONSE_MAX, "{code} after {took:?}");
        }

        poll(|| async { book(&app).await.status == 201 }, "the booking").await;
        let replayed = book(&app).await.expect(201);
        assert_eq!(replayed.json()["reference"], "REF002");
        assert_eq!(app.payment_count().await, 2);
        app.assert_audit_log_is_intact(&["--deep"]);
    }
}

/// Books with a key, always the same booking.
async fn book(app: &TestApp) -> Response {
    let body = json!({"name": "Ana Ruiz", "email": "ana@example.org", "amount": "10"});
    app.post("/api/bookings", &[("Idempotency-Key", "hanging")], &body).await
}

async fn timed(request: impl Future<Output = Response>) -> (Response, Duration) {
    let started = Instant::now();
    (request.await, started.elapsed())
}
