//! Problems as pages, and the headers that every response shares.

use actix_web::http::{Method, StatusCode};
use actix_web::test::TestRequest;
use hermes_web::gate::GateSettings;
use hermes_web::problem::ProblemCode;

use crate::support::{Server, TestApp};

#[actix_web::test]
async fn every_problem_is_documented_on_both_servers() {
    let app = TestApp::start();
    for server in [Server::Portal, Server::Dashboard] {
        let list = app.get(server, "/problems").await;
        for code in ProblemCode::ALL {
            let address = format!("/problems/{}", code.as_str());
            assert!(list.body.contains(&format!("href=\"{address}\"")), "{address}");
            let page = app.get(server, &address).await;
            assert_eq!(page.status, StatusCode::OK);
            let title = code.title().replace('\'', "&#39;");
            assert!(page.body.contains(&format!("<h1>{title}</h1>")), "{}", page.body);
        }
        assert_eq!(app.get(server, "/problems/no-such-code").await.status, StatusCode::NOT_FOUND);
    }
}

#[actix_web::test]
async fn a_problem_page_shows_the_request_id() {
    let proxies = vec!["192.0.2.0/24".parse().unwrap()];
    let app = TestApp::with_gate(GateSettings { trusted_proxies: proxies, ..GateSettings::default() });
    let request = TestRequest::get()
        .uri("/nowhere")
        .peer_addr("192.0.2.1:4711".parse().unwrap())
        .insert_header(("accept", "text/html"))
        .insert_header(("x-request-id", "r-1"));
    let response = app.send(Server::Portal, request).await;
    assert_eq!(response.status, StatusCode::NOT_FOUND);
    assert_eq!(response.header("x-request-id"), "r-1");
    insta::assert_snapshot!(response.page());
}

#[actix_web::test]
async fn a_payer_sees_a_problem_in_the_language_of_the_browser() {
    let app = TestApp::start();
    let spanish = |request: TestRequest| {
        let headers = [("accept", "text/html"), ("accept-language", "es")];
        app.send(Server::Portal, headers.into_iter().fold(request, TestRequest::insert_header))
    };
    // A link that has lost its end.
    let page = spanish(TestRequest::get().uri("/payment/REF001")).await;
    assert_eq!((page.status, page.header("content-language")), (StatusCode::NOT_FOUND, "es"));
    assert!(page.body.contains("El enlace está incompleto o ha caducado."), "{}", page.body);
    let page =
        spanish(TestRequest::post().uri("/payment").insert_header(("sec-fetch-site", "cross-site"))).await;
    assert_eq!((page.status, page.header("content-language")), (StatusCode::FORBIDDEN, "es"));
    assert!(page.body.contains("Algo no ha funcionado"), "{}", page.body);
    assert!(page.body.contains(page.header("x-request-id")), "{}", page.body);
}

#[actix_web::test]
async fn an_unknown_filter_is_named_with_a_link_to_all_payments() {
    let page = TestApp::start().get(Server::Dashboard, "/?currency=EUR").await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    for expected in ["<li>There is no filter called “currency”.</li>", "<a href=\"/\">View all payments</a>"]
    {
        assert!(page.body.contains(expected), "{expected} is not in {}", page.body);
    }
}

#[actix_web::test]
async fn a_rejected_method_lists_the_allowed_methods() {
    let app = TestApp::start();
    for (server, address, methods) in [
        (Server::Portal, "/", "GET, HEAD"),
        (Server::Portal, "/payment", "GET, HEAD, POST"),
        (Server::Portal, "/payment/REF001/abc", "GET, HEAD"),
        (Server::Portal, "/api/bookings/REF001", "GET, HEAD, PATCH"),
        (Server::Portal, "/problems", "GET, HEAD"),
        (Server::Portal, "/problems/not-found", "GET, HEAD"),
        (Server::Portal, "/assets/hermes.css", "GET, HEAD"),
        (Server::Dashboard, "/", "GET, HEAD"),
        (Server::Dashboard, "/metrics", "GET, HEAD"),
        (Server::Dashboard, "/health/live", "GET, HEAD"),
        (Server::Dashboard, "/problems", "GET, HEAD"),
        (Server::Dashboard, "/assets/dashboard.js", "GET, HEAD"),
    ] {
        let response = app.send(server, TestRequest::default().method(Method::DELETE).uri(address)).await;
        assert_eq!(
            (response.status, response.header("allow")),
            (StatusCode::METHOD_NOT_ALLOWED, methods),
            "{address}"
        );
        assert_ne!(app.get(server, address).await.status, StatusCode::METHOD_NOT_ALLOWED, "{address}");
    }
    for address in ["/payments", "/payment/REF001", "/payment/a/b/c", "/metrics"] {
        assert_eq!(app.get(Server::Portal, address).await.status, StatusCode::NOT_FOUND, "{address}");
    }
}

#[actix_web::test]
async fn an_asset_is_immutable_only_under_the_address_of_its_content() {
    let app = TestApp::start();
    let page = app.get(Server::Portal, "/problems").await.body;
    let (_, rest) = page.split_once("href=\"/assets/hermes.css").unwrap();
    let version = rest.split_once('"').unwrap().0;
    assert_eq!(version.len(), "?v=".len() + 16);
    let current = app.get(Server::Portal, &format!("/assets/hermes.css{version}")).await;
    assert_eq!(current.header("content-type"), "text/css; charset=utf-8");
    assert!(current.header("cache-control").contains("immutable"));
    let other = app.get(Server::Portal, "/assets/hermes.css?v=0").await;
    assert_eq!((other.status, other.header("cache-control")), (StatusCode::OK, "no-cache"));
    assert_eq!(app.get(Server::Portal, "/assets/hermes.exe").await.status, StatusCode::NOT_FOUND);
}
