//! The limits on the number of connections and of open files.

use std::net::Ipv4Addr;

use crate::raw_client::{HOME, RawClient, get};
use crate::support::{TestApp, TestEnvironment, poll};

const CLIENT: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
const PROXY: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 3);

#[actix_web::test]
async fn a_connection_beyond_the_limit_of_its_address_replaces_the_one_that_was_idle_longest() {
    let environment = TestEnvironment::sqlite().await;
    let limits =
        [("HERMES__SERVER__CONNECTIONS_PER_ADDRESS", "3"), ("HERMES__SERVER__TRUSTED_PROXIES", "127.0.0.3")];
    let app = TestApp::start_with(&environment, &limits).await;
    let mut idle = open(CLIENT, app.port(), 3).await;
    let mut more = open(CLIENT, app.port(), 1).await;
    assert_eq!(idle.remove(0).read_to_end().await, "");
    for client in idle.iter_mut().chain(&mut more) {
        assert_eq!(client.get("/health/live").await.unwrap().0, 200);
    }

    // All three connections of the address process a request, so a fourth is closed.
    for client in idle.iter_mut().chain(&mut more) {
        client.send(&get("/api/events?wait_s=30")).await;
    }
    poll(
        || async { app.dashboard("/metrics").await.text().contains("hermes_feed_waiting 3") },
        "three long polls",
    )
    .await;
    assert_eq!(RawClient::connect(CLIENT, app.port()).await.read_to_end().await, "");
    open(PROXY, app.port(), 5).await;
    open(HOME, app.port(), 1).await;
    let metrics = app.metrics().await;
    let closed = metrics.value("hermes_connections_rejected_total", &[("reason", "address_limit")]);
    assert_eq!(closed, 2.0);
    assert!(app.log().contains("its address has too many connections"));
}

#[actix_web::test]
async fn a_connection_is_not_replaced_between_two_responses() {
    let environment = TestEnvironment::sqlite().await;
    let limits = [("HERMES__SERVER__CONNECTIONS_PER_ADDRESS", "1")];
    let app = TestApp::start_with(&environment, &limits).await;
    let mut client = RawClient::connect(CLIENT, app.port()).await;
    client.send(&format!("{}{}", get("/health/live"), get("/api/events?wait_s=3"))).await;
    assert_eq!(client.response().await.unwrap().0, 200);
    assert_eq!(RawClient::connect(CLIENT, app.port()).await.read_to_end().await, "");
    assert_eq!(client.response().await, Some((200, "[]".to_owned())));
}

#[actix_web::test]
async fn the_soft_limit_of_open_files_is_raised() {
    let environment = TestEnvironment::sqlite().await;
    let mut app = TestApp::start(&environment).await;
    app.kill();
    app.prepare = "ulimit -Sn 64";
    app.restart().await;
    let mut clients = open(HOME, app.port(), 100).await;
    for client in &mut clients {
        assert_eq!(client.get("/health/live").await.unwrap().0, 200);
    }
}

/// Opens connections, each of which has received one response.
async fn open(from: Ipv4Addr, port: u16, count: usize) -> Vec<RawClient> {
    let mut clients = Vec::new();
    for _ in 0..count {
        let mut client = RawClient::connect(from, port).await;
        assert_eq!(client.get("/health/live").await.unwrap().0, 200);
        clients.push(client);
    }
    clients
}
