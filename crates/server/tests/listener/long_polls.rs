//! Requests that wait for an event.

use std::net::Ipv4Addr;

use tokio::io::AsyncWriteExt;

use crate::raw_client::{HOME, RawClient, get};
use crate::support::{TestApp, TestEnvironment, poll};

const WAIT: &str = "/api/events?wait_s=30";

#[actix_web::test]
async fn an_address_has_a_limit_and_a_client_that_closes_its_side_no_longer_counts() {
    let environment = TestEnvironment::sqlite().await;
    let limits = [("HERMES__EVENTS__WAITERS_PER_ADDRESS_MAX", "2")];
    let app = TestApp::start_with(&environment, &limits).await;
    let mut waiting = Vec::new();
    for _ in 0..2 {
        let mut client = RawClient::connect(HOME, app.port()).await;
        client.send(&get(WAIT)).await;
        waiting.push(client);
    }
    wait_for_waiting(&app, 2).await;
    let mut third = RawClient::connect(HOME, app.port()).await;
    assert_eq!(third.get(WAIT).await.unwrap().0, 503);
    let mut other = RawClient::connect(Ipv4Addr::new(127, 0, 0, 2), app.port()).await;
    other.send(&get(WAIT)).await;
    wait_for_waiting(&app, 3).await;

    // One client closes its side only; the other closes the connection.
    let mut half_closed = waiting.remove(0);
    half_closed.0.shutdown().await.unwrap();
    drop(waiting);
    wait_for_waiting(&app, 1).await;
    third.send(&get(WAIT)).await;
    wait_for_waiting(&app, 2).await;
}

async fn wait_for_waiting(app: &TestApp, count: u8) {
    let text = format!("hermes_feed_waiting {count}\n");
    poll(|| async { app.dashboard("/metrics").await.text().contains(&text) }, &text).await;
}
