//! The event feed.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::rt;
use actix_web::test::TestRequest;
use hermes_domain::access::Scope;
use hermes_domain::ledger::KeyCommand;
use hermes_service::outbox::{CommitNotifier, Feed};
use hermes_test_support::MemoryStore;
use serde_json::Value;

use crate::support::{ANA, Server, TestApp, TestResponse, WAITERS_MAX};

async fn get(app: &TestApp, query: &str) -> TestResponse {
    app.get(Server::Portal, &format!("/api/events{query}")).await
}

fn seqs(response: &TestResponse) -> Vec<i64> {
    assert_eq!(response.status, StatusCode::OK, "{}", response.body);
    let events: Vec<Value> = serde_json::from_str(&response.body).unwrap();
    events.iter().map(|event| event.get("seq").and_then(Value::as_i64).unwrap()).collect()
}

async fn book(app: &TestApp, times: usize) {
    for _ in 0..times {
        assert_eq!(app.post_form(&ANA).await.status, StatusCode::SEE_OTHER);
    }
}

/// Starts a request that waits for an event, and returns once it waits.
async fn start_waiting(app: &Arc<TestApp>, query: &'static str) -> rt::task::JoinHandle<TestResponse> {
    let app = Arc::clone(app);
    start(async move { get(&app, query).await }).await
}

/// Starts a request, and returns once it waits.
async fn start(request: impl Future<Output = TestResponse> + 'static) -> rt::task::JoinHandle<TestResponse> {
    let task = rt::spawn(request);
    for _ in 0..100 {
        rt::task::yield_now().await;
    }
    assert!(!task.is_finished());
    task
}

#[actix_web::test]
async fn an_event_has_no_personal_data() {
    let app = TestApp::start();
    book(&app, 1).await;
    let response = get(&app, "").await;
    assert!(!response.body.contains("Ana") && !response.body.contains("example.org"), "{}", response.body);
    insta::assert_snapshot!(response.body);
}

#[actix_web::test]
async fn following_the_link_returns_every_event_once() {
    let app = TestApp::start();
    book(&app, 5).await;
    let mut received = Vec::new();
    let mut query = "?limit=2".to_owned();
    for _ in 0..4 {
        let response = get(&app, &query).await;
        received.extend(seqs(&response));
        let link = response.header("link").strip_prefix("</api/events").unwrap();
        query = link.strip_suffix(">; rel=\"next\"").unwrap().to_owned();
    }
    assert_eq!(received, [1, 2, 3, 4, 5]);
    assert_eq!(query, "?after=5&limit=2&wait_s=0");
}

#[actix_web::test]
async fn a_waiting_request_returns_the_next_event() {
    let app = Arc::new(TestApp::start());
    let waiting = start_waiting(&app, "?after=0&wait_s=30").await;
    book(&app, 1).await;
    assert_eq!(seqs(&waiting.await.unwrap()), [1]);
}

#[actix_web::test]
async fn a_waiting_request_gets_no_event_after_the_revocation_of_its_key() {
    let app = TestApp::closed();
    let keys = [(); 2].map(|()| app.create_key(&[Scope::EventsRead]));
    let app = Arc::new(app);
    let mut waiting = Vec::new();
    for key in &keys {
        let app = Arc::clone(&app);
        let authorization = ("authorization", format!("Bearer {}", key.expose()));
        let request = TestRequest::get().uri("/api/events?after=2&wait_s=30").insert_header(authorization);
        waiting.push(start(async move { app.send(Server::Portal, request).await }).await);
    }
    app.edit_ledger(|ledger| drop(ledger.execute_key(KeyCommand::Revoke(keys[0].id())).unwrap()));
    book(&app, 1).await;
    let (valid, revoked) = (waiting.pop().unwrap(), waiting.pop().unwrap());
    let revoked = revoked.await.unwrap();
    assert_eq!(revoked.status, StatusCode::UNAUTHORIZED, "{}", revoked.body);
    assert_eq!(revoked.header("www-authenticate"), "Bearer");
    assert_eq!(seqs(&valid.await.unwrap()), [3, 4], "the revocation and the booking");
}

#[actix_web::test]
async fn a_waiting_request_returns_no_events_after_its_time() {
    let app = TestApp::start();
    let response = get(&app, "?after=0&wait_s=1").await;
    assert!(seqs(&response).is_empty());
    assert_eq!(response.header("link"), "</api/events?after=0&limit=100&wait_s=1>; rel=\"next\"");
}

#[actix_web::test]
async fn the_number_of_waiting_requests_is_limited() {
    let app = Arc::new(TestApp::start());
    let mut waiting = Vec::new();
    for _ in 0..WAITERS_MAX {
        waiting.push(start_waiting(&app, "?wait_s=30").await);
    }
    let response = get(&app, "?wait_s=30").await;
    assert_eq!(response.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(response.header("retry-after"), "1");
    assert!(seqs(&get(&app, "").await).is_empty(), "a request that does not wait is served");
    book(&app, 1).await;
    for task in waiting {
        assert_eq!(seqs(&task.await.unwrap()), [1]);
    }
}

#[actix_web::test]
async fn a_server_that_shuts_down_ends_waiting_requests() {
    let app = Arc::new(TestApp::start());
    let waiting = start_waiting(&app, "?after=0&wait_s=30").await;
    app.close_feed();
    let response = rt::time::timeout(Duration::from_secs(20), waiting).await.unwrap().unwrap();
    assert!(seqs(&response).is_empty());
    assert!(seqs(&get(&app, "?wait_s=30").await).is_empty());
}

#[actix_web::test]
async fn a_position_outside_the_feed_gets_410() {
    let app = TestApp::start();
    book(&app, 4).await;
    app.purge_events(2);
    assert_eq!(seqs(&get(&app, "").await), [3, 4]);
    assert_eq!(seqs(&get(&app, "?after=2").await), [3, 4]);
    assert!(seqs(&get(&app, "?after=4").await).is_empty());
    for position in [0, 1, 5] {
        let response = get(&app, &format!("?after={position}&wait_s=30")).await;
        assert_eq!(response.status, StatusCode::GONE, "{position}");
        assert!(
            response.body.contains("events 3 to 4") && response.body.contains("after=2"),
            "{}",
            response.body
        );
    }
    app.purge_events(4);
    let response = get(&app, "?after=3").await;
    assert!(response.body.contains("after=4"), "{}", response.body);
}

#[actix_web::test]
async fn the_addresses_of_one_ipv6_network_share_their_waits() {
    let app = TestApp::start_with(|state| {
        let outbox = Arc::new(MemoryStore::default());
        state.feed = Arc::new(Feed::new(outbox, CommitNotifier::default(), 10, 1));
    });
    let wait = async |address: &str| {
        let peer = SocketAddr::new(address.parse().unwrap(), 40_000);
        let request = TestRequest::get().uri("/api/events?wait_s=30").peer_addr(peer);
        app.send(Server::Portal, request).await.status
    };
    let others = async {
        let same_network = wait("2001:db8:0:11ff:ffff::2").await;
        app.close_feed();
        same_network
    };
    let (first, second) = futures_util::future::join(wait("2001:db8:0:1100::1"), others).await;
    assert_eq!((first, second), (StatusCode::OK, StatusCode::SERVICE_UNAVAILABLE));
}
