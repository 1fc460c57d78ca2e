//! Who may send which request: every route with every scope, and the ways to present a key.
#![allow(clippy::indexing_slicing, reason = "a panic fails the test")]

use std::net::SocketAddr;
use std::path::Path;

use actix_web::http::{Method, StatusCode};
use actix_web::test::TestRequest;
use data_encoding::BASE64;
use hermes_domain::access::{ApiKey, Scope};
use hermes_domain::ledger::KeyCommand;
use hermes_test_support::{capture_logs, take_logs};
use hermes_web::access::Requirement;
use hermes_web::limits::{LimitSettings, Limits};
use serde_json::json;

use crate::support::{ANA, EVENING, KnownRoute, Server, TestApp, TestResponse};

/// Set this variable to write the matrix instead of comparing it.
const WRITE: &str = "HERMES_TEST_WRITE_DOCS";

fn bearer(key: &ApiKey) -> (&'static str, String) {
    ("authorization", format!("Bearer {}", key.expose()))
}

async fn get_with(app: &TestApp, server: Server, path: &str, key: &ApiKey) -> TestResponse {
    app.send(server, TestRequest::get().uri(path).insert_header(bearer(key))).await
}

async fn get_with_authorization(app: &TestApp, server: Server, path: &str, value: &str) -> TestResponse {
    app.send(server, TestRequest::get().uri(path).insert_header(("authorization", value))).await
}

/// Sends a request to a route and returns its cell in the matrix: the status of a refusal, or a check mark.
async fn cell(app: &TestApp, route: &KnownRoute, key: Option<&ApiKey>) -> &'static str {
    let request = key.into_iter().fold(route.request(app), |request, key| request.insert_header(bearer(key)));
    let response = app.send(route.server, request).await;
    match response.status {
        StatusCode::UNAUTHORIZED => "401",
        StatusCode::FORBIDDEN => "403",
        status => {
            let is_found = status != StatusCode::NOT_FOUND || !route.exists();
            assert!(!status.is_server_error() && is_found, "{} {}: {status}", route.method, route.path);
            "✓"
        }
    }
}

#[actix_web::test]
async fn every_route_admits_exactly_the_keys_in_the_matrix() {
    let app = TestApp::closed();
    app.post_form(&ANA).await;
    app.create_key(&[Scope::OpsRead]);
    let keys: Vec<_> = Scope::ALL.iter().map(|scope| app.create_key(&[*scope])).collect();
    let names: Vec<_> = Scope::ALL.iter().map(|scope| format!("`{scope}`")).collect();
    let always = KnownRoute::all()
        .into_iter()
        .filter(|route| matches!(route.requirement, Requirement::KeyWithScope(_)));
    let always: Vec<_> = always.map(|route| format!("`{} {}`", route.method, route.pattern)).collect();
    let mut lines = vec![
        "# Access".to_owned(),
        String::new(),
        "The response of every route without a key, and with a key that has one scope. ✓: the endpoint responds. 401: \
         the request has no valid API key. 403: the key lacks the scope. A test writes this table from the responses of a \
         closed installation and compares it (`HERMES_TEST_WRITE_DOCS=1 cargo test -p hermes-web --test web access`)."
            .to_owned(),
        String::new(),
        format!(
            "An installation that is open to its machine (see `access.mode`) needs no key, except for refunds and write-offs, \
             which get 401 without one: {}.",
            always.join(", ")
        ),
        String::new(),
        format!("| port | route | no key | {} |", names.join(" | ")),
        format!("|---|---|---|{}", "---|".repeat(names.len())),
    ];
    for route in KnownRoute::all() {
        let KnownRoute { server, method, pattern, path, requirement } = &route;
        let port = if matches!(server, Server::Portal) { "portal" } else { "dashboard" };
        let no_key = cell(&app, &route, None).await;
        assert_eq!(no_key == "✓", *requirement == Requirement::Public, "{method} {path}");
        let mut cells = vec![no_key];
        for (scope, key) in Scope::ALL.iter().zip(&keys) {
            let admitted = cell(&app, &route, Some(key)).await;
            let is_right = *requirement == Requirement::Public || requirement.scope() == Some(*scope);
            assert_eq!(admitted == "✓", is_right, "{method} {path} with {scope}");
            cells.push(admitted);
        }
        lines.push(format!("| {port} | `{method} {pattern}` | {} |", cells.join(" | ")));
    }
    let matrix = lines.join("\n") + "\n";
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/access.md");
    if std::env::var_os(WRITE).is_some() {
        std::fs::write(&file, &matrix).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap_or_default(), matrix, "write it with {WRITE}=1");
}

#[actix_web::test]
async fn a_path_without_a_route_needs_a_key_too() {
    let app = TestApp::closed();
    let key = app.create_key(&[Scope::OpsRead]);
    for (server, path) in [
        (Server::Portal, "/nowhere"),
        (Server::Portal, "/api/keys/x/y/z"),
        (Server::Portal, "/api/bookings/"),
        (Server::Portal, "//api/bookings"),
        (Server::Portal, "/health/live/x"),
        (Server::Dashboard, "/api/bookings"),
        (Server::Dashboard, "/payment/REF001/x"),
    ] {
        let is_payers = path.starts_with("/payment/");
        let status = app.get(server, path).await.status;
        assert_eq!(
            status,
            if is_payers { StatusCode::NOT_FOUND } else { StatusCode::UNAUTHORIZED },
            "{path}"
        );
        assert_eq!(get_with(&app, server, path, &key).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    let put = || TestRequest::put().uri("/api/bookings");
    assert_eq!(app.send(Server::Portal, put()).await.status, StatusCode::UNAUTHORIZED);
    let response = app.send(Server::Portal, put().insert_header(bearer(&key))).await;
    assert_eq!(response.status, StatusCode::METHOD_NOT_ALLOWED);
    let public = app.send(Server::Portal, TestRequest::put().uri("/payment")).await;
    assert_eq!(public.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(app.get(Server::Portal, "/api/docs").await.status, StatusCode::TEMPORARY_REDIRECT);
}

#[actix_web::test]
async fn an_encoded_path_has_the_requirement_of_the_route_that_it_reaches() {
    let app = TestApp::closed();
    let (ops, bookings) = (app.create_key(&[Scope::OpsRead]), app.create_key(&[Scope::BookingsRead]));
    for path in ["/api/%62ookings", "/%61pi/stats", "/api/%73tats?x"] {
        assert_eq!(app.get(Server::Portal, path).await.status, StatusCode::UNAUTHORIZED, "{path}");
        assert_eq!(get_with(&app, Server::Portal, path, &ops).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(get_with(&app, Server::Portal, "/api/%73tats", &bookings).await.status, StatusCode::OK);
    assert_eq!(app.get(Server::Portal, "/%70ayment").await.status, StatusCode::OK);
}

#[actix_web::test]
async fn head_requires_the_scope_of_get() {
    let app = TestApp::closed();
    let (read, write) = (app.create_key(&[Scope::BookingsRead]), app.create_key(&[Scope::BookingsWrite]));
    for (key, status) in [(&read, StatusCode::OK), (&write, StatusCode::FORBIDDEN)] {
        let head = TestRequest::with_uri("/api/bookings").method(Method::HEAD).insert_header(bearer(key));
        assert_eq!(app.send(Server::Portal, head).await.status, status);
    }
}

#[actix_web::test]
async fn every_failure_has_the_same_response() {
    let app = TestApp::closed();
    let [valid, expired, revoked] = [(); 3].map(|()| app.create_key(&[Scope::BookingsRead]));
    app.edit_ledger(|ledger| {
        ledger.keys[1].expires_at = Some(EVENING);
        ledger.execute_key(KeyCommand::Revoke(revoked.id())).unwrap();
    });
    assert_eq!(get_with(&app, Server::Portal, "/api/stats", &valid).await.status, StatusCode::OK);
    let text = valid.expose();
    let unknown = app.new_key().expose();
    let wrong = app.new_secret(&valid).expose();
    let login = BASE64.encode(format!("key:{text}").as_bytes());
    for value in [
        "",
        "Bearer",
        "Bearer x",
        &text,
        &format!("Bearer {}", &text[..text.len() - 1]),
        &format!("Bearer {}", expired.expose()),
        &format!("Bearer {}", revoked.expose()),
        &format!("Bearer {unknown}"),
        &format!("Bearer {wrong}"),
        &format!("Basic {login}"),
    ] {
        let response = get_with_authorization(&app, Server::Portal, "/api/stats", value).await;
        assert_eq!(response.status, StatusCode::UNAUTHORIZED, "{value}");
        assert_eq!(response.header("www-authenticate"), "Bearer", "{value}");
        let body: serde_json::Value = serde_json::from_str(&response.body).unwrap();
        assert_eq!(body["code"], "unauthenticated");
        assert!(body["detail"].as_str().unwrap().ends_with("the password is the API key."), "{body}");
    }
    let twice =
        TestRequest::get().uri("/api/stats").append_header(bearer(&valid)).append_header(bearer(&valid));
    assert_eq!(app.send(Server::Portal, twice).await.status, StatusCode::UNAUTHORIZED);
}

#[actix_web::test]
async fn a_missing_scope_is_named() {
    let app = TestApp::closed();
    let response = get_with(&app, Server::Portal, "/api/events", &app.create_key(&[Scope::OpsRead])).await;
    assert_eq!(response.status, StatusCode::FORBIDDEN);
    assert!(response.body.contains("\"code\":\"insufficient-scope\""), "{}", response.body);
    assert!(response.body.contains("the scope events:read: Read the event feed."), "{}", response.body);
    let challenge = response.header("www-authenticate");
    assert_eq!(challenge, "Bearer error=\"insufficient_scope\", scope=\"events:read\"");
}

#[actix_web::test]
async fn a_browser_opens_the_dashboard_with_the_key_as_its_password() {
    let app = TestApp::closed();
    let refused = app.get(Server::Dashboard, "/").await;
    assert_eq!(
        (refused.status, refused.header("www-authenticate")),
        (StatusCode::UNAUTHORIZED, "Basic realm=\"Hermes\"")
    );
    assert!(refused.body.contains("<html"), "{}", refused.body);
    let key = app.create_key(&[Scope::BookingsRead]);
    let login = format!("Basic {}", BASE64.encode(format!("key:{}", key.expose()).as_bytes()));
    assert_eq!(get_with_authorization(&app, Server::Dashboard, "/", &login).await.status, StatusCode::OK);
    let metrics = get_with_authorization(&app, Server::Dashboard, "/metrics", &login).await;
    assert_eq!(metrics.status, StatusCode::FORBIDDEN);
    assert_eq!(get_with(&app, Server::Dashboard, "/", &key).await.status, StatusCode::OK);
}

#[actix_web::test]
async fn a_key_in_the_query_is_rejected_and_not_logged() {
    let app = TestApp::closed();
    let key = app.create_key(&[Scope::BookingsRead]);
    capture_logs();
    for path in ["/api/stats", "/payment", "/nowhere"] {
        let path = format!("{path}?access_token={}", key.expose());
        let response = get_with(&app, Server::Portal, &path, &key).await;
        assert_eq!(response.status, StatusCode::BAD_REQUEST, "{path}");
        assert!(
            response.body.contains("revoke this key") && !response.body.contains("hk_"),
            "{}",
            response.body
        );
    }
    let lines: Vec<_> = take_logs().into_iter().map(|(_, text)| text).collect();
    assert!(!lines.is_empty() && lines.iter().all(|line| !line.contains("hk_")), "{lines:?}");
}

#[actix_web::test]
async fn wrong_keys_of_an_address_are_limited_but_no_key_is_locked() {
    let app = TestApp::closed();
    let key = app.create_key(&[Scope::BookingsRead]);
    let from = |last: u8, value: String| {
        let peer = SocketAddr::from(([192, 0, 2, last], 4711));
        TestRequest::get().uri("/api/stats").peer_addr(peer).insert_header(("authorization", value))
    };
    let wrong = || bearer(&app.new_secret(&key)).1;
    capture_logs();
    for _ in 0..30 {
        assert_eq!(app.send(Server::Portal, from(1, wrong())).await.status, StatusCode::UNAUTHORIZED);
    }
    // A token returns every two seconds.
    let mut limited = app.send(Server::Portal, from(1, wrong())).await;
    for _ in 0..5 {
        if limited.status == StatusCode::UNAUTHORIZED {
            limited = app.send(Server::Portal, from(1, wrong())).await;
        }
    }
    assert_eq!(limited.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(limited.header("ratelimit-policy"), "\"wrong-keys\";q=30;w=60");
    let lines: Vec<_> = take_logs().into_iter().map(|(_, text)| text).collect();
    assert!(lines.contains(&"requests exceed the limit wrong-keys".to_owned()), "{lines:?}");
    assert!(lines.iter().all(|line| !line.contains("hk_") && !line.contains("192.0.2")), "{lines:?}");
    let valid = app.send(Server::Portal, from(1, bearer(&key).1)).await;
    assert_eq!(valid.status, StatusCode::OK, "the key is not locked");
    assert_eq!(app.send(Server::Portal, from(2, wrong())).await.status, StatusCode::UNAUTHORIZED);
}

#[actix_web::test]
async fn a_key_has_its_own_limits_instead_of_those_of_its_address() {
    let settings = LimitSettings {
        address_requests_per_s: 1,
        key_requests_per_s: 1_000,
        key_writes_per_s: 1,
        ..LimitSettings::default()
    };
    let app = TestApp::closed_with(move |state| state.limits = Limits::new(&settings));
    let key = app.create_key(&[Scope::BookingsRead, Scope::BookingsWrite]);
    for _ in 0..20 {
        let response = get_with(&app, Server::Portal, "/api/stats", &key).await;
        assert_eq!(
            (response.status, response.header("ratelimit-policy")),
            (StatusCode::OK, "\"key\";q=1000;w=1")
        );
    }
    let book = |key: &ApiKey| {
        TestRequest::post().uri("/api/bookings").insert_header(bearer(key)).set_json(json!({}))
    };
    let mut response = app.send(Server::Portal, book(&key)).await;
    assert_eq!(response.status, StatusCode::UNPROCESSABLE_ENTITY);
    for _ in 0..100 {
        if response.status == StatusCode::TOO_MANY_REQUESTS {
            break;
        }
        response = app.send(Server::Portal, book(&key)).await;
    }
    assert_eq!(
        (response.status, response.header("ratelimit-policy")),
        (StatusCode::TOO_MANY_REQUESTS, "\"key-writes\";q=1;w=1")
    );
    let other = app.create_key(&[Scope::BookingsWrite]);
    assert_eq!(app.send(Server::Portal, book(&other)).await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[actix_web::test]
async fn the_key_is_the_actor_and_the_scope_of_idempotency_keys() {
    let app = TestApp::closed();
    let (first, second) = (app.create_key(&[Scope::BookingsWrite]), app.create_key(&[Scope::BookingsWrite]));
    let book = |key: &ApiKey| {
        let body = json!({"name": "Ana Ruiz", "email": "ana@example.org", "amount": "1"});
        let request = TestRequest::post().uri("/api/bookings").insert_header(bearer(key));
        request.insert_header(("idempotency-key", "k")).set_json(body)
    };
    for (key, replayed) in [(&first, ""), (&first, "true"), (&second, "")] {
        let response = app.send(Server::Portal, book(key)).await;
        assert_eq!(
            (response.status, response.header("idempotency-replayed")),
            (StatusCode::CREATED, replayed)
        );
    }
    app.post_form(&ANA).await;
    let actor = |key: &ApiKey| format!("key:{} test", key.id());
    assert_eq!(app.actors(), [actor(&first), actor(&second), "payer (form)".to_owned()]);
}

#[actix_web::test]
async fn in_open_mode_nobody_needs_a_key_and_a_wrong_key_is_still_refused() {
    let app = TestApp::start();
    let body = json!({"name": "Ana Ruiz", "email": "ana@example.org", "amount": "1"});
    let response = app.send(Server::Portal, TestRequest::post().uri("/api/bookings").set_json(body)).await;
    assert_eq!(response.status, StatusCode::CREATED);
    assert_eq!(app.actors(), ["open"]);
    let wrong = get_with_authorization(&app, Server::Portal, "/api/stats", "Bearer x").await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    assert_eq!(
        get_with_authorization(&app, Server::Portal, "/api/stats", "Basic x").await.status,
        StatusCode::OK
    );
}

#[actix_web::test]
async fn in_open_mode_money_is_sent_back_and_written_off_only_with_a_key() {
    let app = TestApp::start();
    app.post_form(&ANA).await;
    let refused = ["/api/refunds", "/approve", "/sent", "/failed", "/write-off"];
    for route in KnownRoute::all() {
        let response = app.send(route.server, route.request(&app)).await;
        let is_refused =
            route.method == Method::POST && refused.iter().any(|end| route.pattern.ends_with(end));
        assert_eq!(
            response.status == StatusCode::UNAUTHORIZED,
            is_refused,
            "{} {}",
            route.method,
            route.path
        );
        if is_refused {
            let problem: serde_json::Value = serde_json::from_str(&response.body).unwrap();
            let detail = problem["detail"].as_str().unwrap();
            let scope = route.requirement.scope().unwrap();
            let command = format!("hermes keys create --name NAME --scope {scope}");
            assert!(detail.contains("This needs an account") && detail.contains(&command), "{detail}");
            assert_eq!(response.header("www-authenticate"), "Bearer");
        }
    }
}

#[actix_web::test]
async fn without_a_database_keys_are_unavailable_after_the_grace_period() {
    let app = TestApp::closed();
    let key = app.create_key(&[Scope::OpsRead]);
    assert_eq!(get_with(&app, Server::Portal, "/api/cache", &key).await.status, StatusCode::OK);
    app.fail_reads();
    let response = get_with(&app, Server::Portal, "/api/cache", &key).await;
    assert_eq!(response.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(response.body.contains("database-unavailable"), "{}", response.body);
    assert_eq!(app.get(Server::Portal, "/health/live").await.status, StatusCode::OK);
}
