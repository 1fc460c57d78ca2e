//! No log at any level, metric, error of another caller or event contains a payer's data or a password.

use hermes_test_support::private_mariadb;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use crate::support::{TestApp, TestEnvironment, rows};

/// The text values of a booking. Each one is found nowhere else.
const FIELDS: [(&str, &str); 7] = [
    ("name", "Canaryname Quux"),
    ("email", "canarymail@canarydomain.example"),
    ("school", "Canaryschool"),
    ("student_id", "CANARYSTUDENT7"),
    ("sender_full_name", "Canarysender Quux"),
    ("country_from", "Canarycountry"),
    ("sender_address", "Canaryaddress 5"),
];
/// Values that are not fields of a booking.
const REASON: &str = "canaryreason";
const SEARCH: &str = "canarysearch";
/// Requests that use every route, one after the other, have different idempotency keys.
const IDEMPOTENCY_KEYS: [&str; 2] = ["canarykey1", "canarykey2"];
const USER_AGENT: &str = "canaryagent";
const PATH: &str = "canarypath";
const REDIS_PASSWORD: &str = "canaryredispassword";
const DATABASE_PASSWORD: &str = "canarydatabasepassword";
/// The part that all canaries have in common, in lower case.
const CANARY: &str = "canary";

const TRACE: (&str, &str) = ("RUST_LOG", "trace");

#[actix_web::test]
async fn no_canary_leaves_a_portal_on_sqlite() {
    let environment = TestEnvironment::sqlite().await;
    let app = TestApp::start_with(&environment, &[TRACE]).await;
    let token = use_every_route(&app, IDEMPOTENCY_KEYS[0]).await;
    assert_no_canary(&app.log(), &token);
}

#[actix_web::test]
async fn no_canary_leaves_a_portal_on_mariadb_with_redis() {
    let (Some(mut server), Some(redis)) = (private_mariadb().await, hermes_test_support::redis().await)
    else {
        return;
    };
    let mut environment = TestEnvironment::new(server.create_database().await, Some(redis));
    let root = rows::connect(&environment).await;
    let user = format!("CREATE USER portal IDENTIFIED BY '{DATABASE_PASSWORD}'; GRANT ALL ON *.* TO portal");
    root.execute_unprepared(&user).await.unwrap();
    root.close().await.unwrap();
    let redis = environment.redis.as_mut().unwrap();
    redis.lock(REDIS_PASSWORD);
    let url = redis.url().replace("//", &format!("//:{REDIS_PASSWORD}@"));
    let settings = [
        TRACE,
        ("HERMES__LOG__FORMAT", "json"),
        ("DB_USER", "portal"),
        ("DB_PASSWORD", DATABASE_PASSWORD),
        ("REDIS_URL", &url),
    ];
    let app = TestApp::start_with(&environment, &settings).await;
    let token = use_every_route(&app, IDEMPOTENCY_KEYS[0]).await;
    app.wait_for_log("\"level\":\"debug\"").await;

    let redis = environment.redis.as_mut().unwrap();
    let published = || async { redis.cli(&["XLEN", "{hermes:events}"]) == "4" };
    crate::support::poll(published, "the events").await;
    let stream = redis.cli(&["XRANGE", "{hermes:events}", "-", "+"]);
    assert!(stream.contains("payment.booked"), "{stream}");
    assert_no_canary(&stream, &token);

    redis.stop();
    use_every_route(&app, IDEMPOTENCY_KEYS[1]).await;
    server.kill();
    for (method, path, body) in
        [("GET", "/api/bookings?q=canarysearch", None), ("POST", "/api/bookings", Some(booking("9")))]
    {
        let body = body.map(|body| body.to_string());
        let response =
            app.client.send(method, &app.url(path), &[("Content-Type", "application/json")], body).await;
        assert_no_canary(&response.unwrap().text(), &token);
    }
    app.wait_for_log("the shared cache is down").await;
    assert_no_canary(&app.log(), &token);
}

fn booking(amount: &str) -> Value {
    let mut body: Value = FIELDS
        .into_iter()
        .map(|(name, value)| (name.to_owned(), json!(value)))
        .collect::<serde_json::Map<_, _>>()
        .into();
    body["amount"] = json!(amount);
    body
}

/// Sends requests with canaries to every route, then requests of another caller. Returns the secret of a payment page.
async fn use_every_route(app: &TestApp, idempotency_key: &str) -> String {
    let headers = [("User-Agent", USER_AGENT), ("Idempotency-Key", idempotency_key)];
    let booked = app.post("/api/bookings", &headers, &booking("48151.62")).await.expect(201).json();
    let path = format!("/api/bookings/{}", booked["id"].as_str().unwrap());
    let agent = [("User-Agent", USER_AGENT), ("If-Match", "*")];
    app.patch(&path, &agent, &json!({"name": "Canaryother", "reason": REASON})).await;
    let page = book_with_the_form(app).await;
    for address in [
        "/",
        "/payment",
        &page,
        "/problems",
        "/problems/not-found",
        "/api/docs/",
        "/api/openapi.json",
        "/api/stats",
        "/api/cache",
        "/api/events",
        "/health",
        "/health/live",
        "/health/ready",
        "/api/bookings",
        "/api/bookings?limit=1",
        &path,
        &format!("{path}/audit"),
        &format!("/api/bookings?q={SEARCH}"),
        &format!("/api/bookings?{SEARCH}={SEARCH}"),
        &format!("/{PATH}?{SEARCH}"),
        &format!("/assets/{PATH}"),
        &format!("/api/bookings/{PATH}"),
        &format!("/api/bookings?cursor={SEARCH}"),
        &format!("/problems/{PATH}"),
    ] {
        app.client.send("GET", &app.url(address), &agent, None).await.unwrap();
    }
    app.post("/api/cache/warm", &[], &json!({})).await;
    for body in [
        format!("{{\"name\": \"{SEARCH}"),
        format!("{{\"{SEARCH}\": 1}}"),
        json!({"email": SEARCH, "amount": SEARCH}).to_string(),
    ] {
        app.post_text("/api/bookings", &body).await;
    }
    assert_errors_of_another_caller_contain_no_canary(app, &path, idempotency_key).await;
    app.post(&format!("{path}/cancel"), &agent, &json!({"reason": REASON})).await;
    let token = page.rsplit('/').next().unwrap().to_lowercase();
    assert_no_canary(&app.dashboard("/metrics").await.text(), &token);
    app.dashboard("/").await;
    token
}

async fn book_with_the_form(app: &TestApp) -> String {
    let form = app.get("/payment").await.expect(200).text();
    let key = form.split("name=\"idempotency_key\"").nth(1).unwrap().split("value=\"").nth(1).unwrap();
    let key = key.split('"').next().unwrap();
    let mut fields = FIELDS.to_vec();
    fields.extend([("amount", SEARCH), ("currency_from", "USD"), ("idempotency_key", key)]);
    app.submit("/payment", &fields).await.expect(422);
    fields.retain(|(name, _)| *name != "amount");
    fields.push(("amount", "1000"));
    let booked = app.submit("/payment", &fields).await.expect(303);
    booked.header("Location").to_owned()
}

/// The other caller knows the id and the idempotency key of the booking.
async fn assert_errors_of_another_caller_contain_no_canary(app: &TestApp, path: &str, idempotency_key: &str) {
    let other = json!({"name": "Ben Other", "email": "ben@example.org", "amount": "7"});
    let key = [("Idempotency-Key", idempotency_key)];
    let stale = [("If-Match", "\"v999\"")];
    let change = json!({"name": "Ben Other"});
    let responses = [
        app.post("/api/bookings", &key, &other).await.expect(422),
        app.patch(path, &[], &change).await.expect(428),
        app.patch(path, &stale, &change).await.expect(412),
        app.patch(path, &[("If-Match", "*")], &json!({"amount": "-1"})).await.expect(422),
        app.post(&format!("{path}/cancel"), &[], &json!({})).await.expect(422),
        app.get(&format!("{path}/audit?limit=0")).await.expect(400),
        app.get("/payment/REF001/00000000000000000000000000000000").await.expect(404),
    ];
    for response in responses {
        assert_no_canary(&response.text(), "");
    }
}

#[track_caller]
fn assert_no_canary(text: &str, token: &str) {
    for line in text.lines() {
        let line = line.to_lowercase();
        assert!(!line.contains(CANARY), "{line}");
        assert!(token.is_empty() || !line.contains(token), "{line}");
    }
}
