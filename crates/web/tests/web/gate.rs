//! The request gate and the security headers on every route of both servers.

use actix_web::http::{Method, StatusCode};
use actix_web::test::TestRequest;
use hermes_test_support::{capture_logs, take_logs};
use hermes_web::gate::GateSettings;
use serde_json::json;

use crate::support::{ANA, KnownRoute, Server, TestApp, TestResponse, with_fields};

async fn app_with_a_payment(uses_tls: bool) -> TestApp {
    let app = TestApp::with_key_and_gate(GateSettings { uses_tls, ..GateSettings::default() });
    assert_eq!(app.post_form(&ANA).await.status, StatusCode::SEE_OTHER);
    app
}

async fn send(app: &TestApp, route: &KnownRoute, headers: &[(&str, &str)]) -> TestResponse {
    let request = headers.iter().fold(route.request(app), |request, header| request.insert_header(*header));
    app.send(route.server, request).await
}

#[actix_web::test]
async fn every_response_has_the_security_headers() {
    for (uses_tls, transport) in [(false, ""), (true, "max-age=31536000")] {
        let app = app_with_a_payment(uses_tls).await;
        let mut routes = KnownRoute::all();
        assert!(routes.len() > 25);
        routes.push(KnownRoute { path: "/nowhere".to_owned(), ..routes[0].clone() });
        for route in &routes {
            let response = send(&app, route, &[]).await;
            let KnownRoute { method, path, .. } = route;
            let may_be_missing = path == "/nowhere" || !route.exists();
            let is_found = method != Method::GET || may_be_missing || !response.status.is_client_error();
            assert!(is_found && !response.status.is_server_error(), "{method} {path}: {}", response.status);
            // With `no-referrer`, a browser would send the form with `Origin: null`.
            let forms = [
                "/payment",
                "/payment/lost",
                "/payment/REF001/{secret}/change",
                "/payment/REF001/{secret}/withdraw",
            ];
            let has_form = method == Method::GET && forms.contains(&path.as_str());
            let referrer = if has_form { "same-origin" } else { "no-referrer" };
            for (name, value) in [
                ("x-content-type-options", "nosniff"),
                ("referrer-policy", referrer),
                ("cross-origin-opener-policy", "same-origin"),
                ("cross-origin-resource-policy", "same-origin"),
                ("strict-transport-security", transport),
                ("server", ""),
                ("access-control-allow-origin", ""),
            ] {
                assert_eq!(response.header(name), value, "{method} {path}: {name}");
            }
            let policy = response.header("content-security-policy");
            assert!(policy.starts_with("default-src 'none'; "), "{method} {path}: {policy}");
            assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"), "{policy}");
        }
    }
}

#[actix_web::test]
async fn only_responses_without_personal_data_may_be_stored() {
    let app = app_with_a_payment(false).await;
    for route in KnownRoute::all() {
        let control = send(&app, &route, &[]).await.header("cache-control").to_owned();
        let KnownRoute { method, path, .. } = &route;
        let is_public = ["/problems", "/assets/", "/api/docs/"].iter().any(|prefix| path.starts_with(prefix));
        if ["/robots.txt", "/favicon.ico", "/institution/look.css"].contains(&path.as_str()) {
            assert!(control.starts_with("public, max-age="), "{path}: {control}");
            continue;
        }
        match (method == Method::GET && path == "/payment", is_public) {
            (true, _) => assert_eq!(control, "private, no-cache"),
            (false, true) => assert_eq!(control, "no-cache", "{path}"),
            (false, false) => assert!(control.contains("no-store"), "{method} {path}: {control}"),
        }
        if path.starts_with("/api/")
            && method == Method::GET
            && !is_public
            && !path.contains("cache")
            && route.exists()
        {
            assert_eq!(control, "private, no-store", "{path}");
        }
    }
}

#[actix_web::test]
async fn an_unknown_host_and_a_compressed_body_are_rejected_on_every_route() {
    let app = app_with_a_payment(false).await;
    for route in KnownRoute::all() {
        let misdirected = send(&app, &route, &[("host", "evil.example:9292")]).await;
        assert_eq!(misdirected.status, StatusCode::MISDIRECTED_REQUEST, "{}", route.path);
        assert!(misdirected.body.contains("HERMES__SERVER__HOSTS=evil.example"), "{}", misdirected.body);
        let compressed = send(&app, &route, &[("content-encoding", "br")]).await;
        assert_eq!(compressed.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{}", route.path);
        assert_eq!(compressed.header("accept-encoding"), "identity");
    }
}

#[actix_web::test]
async fn a_request_of_another_site_is_rejected_on_every_route_that_is_not_safe() {
    let app = app_with_a_payment(false).await;
    for route in KnownRoute::all() {
        for header in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("origin", "https://evil.example"),
        ] {
            let response = send(&app, &route, &[header]).await;
            let is_rejected =
                response.status == StatusCode::FORBIDDEN && response.body.contains("cross-site");
            assert_eq!(is_rejected, route.method != Method::GET, "{} {}", route.method, route.path);
        }
        for method in [Method::PUT, Method::DELETE] {
            let route = KnownRoute { method, ..route.clone() };
            let response = send(&app, &route, &[("origin", "https://evil.example")]).await;
            assert_eq!(response.status, StatusCode::FORBIDDEN, "{} {}", route.method, route.path);
        }
    }
    assert_eq!(app.payments()[0].version, 1);
}

#[actix_web::test]
async fn a_rejection_is_logged_without_personal_data() {
    let app = app_with_a_payment(false).await;
    capture_logs();
    let request = TestRequest::post()
        .uri("/api/bookings/REF001/cancel")
        .insert_header(("origin", "https://evil.example"));
    app.send(Server::Portal, request).await;
    let lines: Vec<_> = take_logs().into_iter().map(|(level, text)| format!("{level} {text}")).collect();
    assert_eq!(lines, ["WARN rejected a request: cross-site"]);
}

#[actix_web::test]
async fn an_ambiguous_body_is_rejected() {
    let app = app_with_a_payment(false).await;
    let request = TestRequest::post().uri("/api/bookings").set_json(json!({}));
    let request = request.append_header(("content-type", "text/plain"));
    assert_eq!(app.send(Server::Portal, request).await.status, StatusCode::BAD_REQUEST);
    for escape in ["%zz", "%", "%ff"] {
        let body = format!("name=Ana&email=ana@example.org&amount=1&school={escape}");
        let request = with_fields(TestRequest::post().uri("/payment"), &[]).set_payload(body);
        assert_eq!(app.send(Server::Portal, request).await.status, StatusCode::BAD_REQUEST, "{escape}");
        let path = format!("/api/bookings?q={escape}");
        assert_eq!(app.get(Server::Portal, &path).await.status, StatusCode::BAD_REQUEST, "{escape}");
    }
    assert_eq!(app.payments().len(), 1);
}

#[actix_web::test]
async fn only_a_trusted_proxy_chooses_the_request_id() {
    let proxies = vec!["192.0.2.0/24".parse().unwrap()];
    let app = TestApp::with_gate(GateSettings { trusted_proxies: proxies, ..GateSettings::default() });
    for (peer, id, is_used) in [
        ("192.0.2.1:4711", "r-1", true),
        ("192.0.2.1:4711", "two words", false),
        ("198.51.100.1:4711", "r-1", false),
    ] {
        let request = TestRequest::get().uri("/health/live").peer_addr(peer.parse().unwrap());
        let response = app.send(Server::Portal, request.insert_header(("x-request-id", id))).await;
        assert_eq!(response.header("x-request-id") == id, is_used, "{peer} {id}");
        assert_ne!(response.header("x-request-id"), "");
    }
}

#[actix_web::test]
async fn the_rejection_of_a_used_key_does_not_name_its_payment() {
    let app = TestApp::start();
    let book = |amount| {
        let body = json!({"name": "Ana Ruiz", "email": "ana@example.org", "amount": amount});
        TestRequest::post().uri("/api/bookings").insert_header(("idempotency-key", "k")).set_json(body)
    };
    assert_eq!(app.send(Server::Portal, book("1")).await.status, StatusCode::CREATED);
    let rejected = app.send(Server::Portal, book("2")).await;
    assert_eq!(rejected.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        rejected.body.contains("idempotency-key-reused") && !rejected.body.contains("REF"),
        "{}",
        rejected.body
    );
}
