//! The dashboard: totals, rows, filter and pages.

use actix_web::http::StatusCode;

use crate::support::{ANA, Server, TestApp};

async fn book(app: &TestApp, count: usize) {
    for number in 0..count {
        let email = format!("payer-{number}@example.org");
        let fields = [ANA[0], ("email", &email), ANA[2]];
        assert_eq!(app.post_form(&fields).await.status, StatusCode::SEE_OTHER);
    }
}

#[actix_web::test]
async fn an_empty_ledger_has_no_payments() {
    let page = TestApp::start().get(Server::Dashboard, "/").await;
    assert_eq!((page.status, page.header("cache-control")), (StatusCode::OK, "private, no-store"));
    assert!(page.body.contains("No payments have been booked yet."));
}

#[actix_web::test]
async fn payments_are_shown_with_totals_and_flags() {
    let app = TestApp::start();
    app.post_form(&[ANA[0], ANA[1], ANA[2], ("school", "<b>Trinity</b>")]).await;
    app.post_form(&[ANA[0], ANA[1], ("amount", "2000000")]).await;
    app.post_form(&[("name", "Kaito"), ("email", "kaito"), ("amount", "1200"), ("currency_from", "JPY")])
        .await;
    let page = app.get(Server::Dashboard, "/").await.page();
    let (_, main) = page.split_once("<section id=\"totals\"").unwrap();
    insta::assert_snapshot!(main);
}

#[actix_web::test]
async fn page_secrets_are_never_shown() {
    let app = TestApp::start();
    book(&app, 2).await;
    let page = app.get(Server::Dashboard, "/").await.body;
    for payment in app.payments() {
        assert!(page.contains(&payment.reference.to_string()));
        assert!(!page.contains(&app.page_secret(&payment)));
    }
}

#[actix_web::test]
async fn text_from_a_payer_is_escaped() {
    let app = TestApp::start();
    let fields = [("name", "<script>alert(1)</script>"), ("email", "\"><svg onload=x>"), ANA[2]];
    app.post_form(&fields).await;
    let page = app.get(Server::Dashboard, "/?q=%22%3E%3Cscript%3E").await.body;
    assert!(page.contains("&#60;script&#62;alert(1)&#60;/script&#62;"));
    assert!(!page.contains("<script>") && !page.contains("<svg"));
}

#[actix_web::test]
async fn the_links_between_pages_preserve_the_filter() {
    let app = TestApp::start();
    book(&app, 51).await;
    let first = app.get(Server::Dashboard, "/?status=PENDING&validation_status=&q=").await.body;
    assert!(first.contains("REF051") && !first.contains("REF001<"));
    let (before, _) = first.split_once("\" rel=\"next\"").unwrap();
    let address = before.rsplit_once('"').unwrap().1.replace("&#38;", "&");
    assert!(address.starts_with("/?status=PENDING&cursor=n"), "{address}");
    let second = app.get(Server::Dashboard, &address).await.body;
    assert!(
        second.contains("REF001<") && second.contains("rel=\"prev\"") && !second.contains("rel=\"next\"")
    );
    assert!(second.contains("<option value=\"PENDING\" selected>Unpaid</option>"));
    assert!(second.contains(">Older payments</h2>"));
}

#[actix_web::test]
async fn a_filter_selects_rows_and_does_not_change_the_totals() {
    let app = TestApp::start();
    book(&app, 2).await;
    app.post_form(&[ANA[0], ("email", "nowhere"), ANA[2]]).await;
    let page = app.get(Server::Dashboard, "/?validation_status=FLAGGED&school=").await.body;
    assert!(page.contains("REF003") && !page.contains("REF001") && !page.contains("REF002"));
    assert!(page.contains("<span class=\"label\">Payments</span> <span class=\"count\">3</span>"));
    assert_eq!(app.get(Server::Dashboard, "/?status=LATE").await.status, StatusCode::BAD_REQUEST);
}

#[actix_web::test]
async fn an_empty_result_names_the_search_and_offers_to_clear_it() {
    let app = TestApp::start();
    let page = app.get(Server::Dashboard, "/?q=zzzz&status=EXACT").await.body;
    let expected = "No results for “zzzz”. <a href=\"/?status=EXACT\">Clear search</a>";
    assert!(page.contains(expected), "{page}");
    let page = app.get(Server::Dashboard, "/?status=EXACT").await.body;
    assert!(page.contains("No payments match the filter. <a href=\"/\">View all payments</a>"), "{page}");
}

#[actix_web::test]
async fn metrics_are_prometheus_text() {
    let response = TestApp::start().get(Server::Dashboard, "/metrics").await;
    assert_eq!(response.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    assert_eq!(response.body, "hermes_up 1\n");
}
