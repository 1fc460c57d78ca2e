//! The resident memory of the process while clients do not read, and after a burst of requests.

use std::net::Ipv4Addr;
use std::time::Duration;

use actix_web::rt::time::sleep;
use futures_util::future::join_all;

use crate::raw_client::{POST, RawClient, get};
use crate::support::{TestApp, TestEnvironment, poll};

/// The bookings in the list.
const BOOKINGS: usize = 600;
/// The clients of one address. The default limit is higher.
const CLIENTS: usize = 200;
/// The addresses of the clients that send bodies.
const SENDERS: [Ipv4Addr; 3] =
    [Ipv4Addr::new(127, 0, 0, 2), Ipv4Addr::new(127, 0, 0, 3), Ipv4Addr::new(127, 0, 0, 4)];
/// The size of a body, in bytes: the maximum.
const BODY: usize = 64 * 1024;
/// The interval at which the process returns free memory.
const CHECK_INTERVAL: Duration = Duration::from_secs(5);

#[actix_web::test]
async fn an_unread_response_uses_much_less_memory_than_its_size() {
    let environment = TestEnvironment::sqlite().await;
    let app = TestApp::start(&environment).await;
    let payers: Vec<_> = (0..BOOKINGS).map(|number| format!("payer{number}")).collect();
    for payers in payers.chunks(100) {
        join_all(payers.iter().map(|payer| app.book(payer))).await;
    }
    let list = app.get("/api/bookings").await.expect(200).body.len();
    let before = resident(&app);
    let port = app.port();
    let open = (0..CLIENTS).map(|_| RawClient::connect_with_small_buffers(SENDERS[0], port));
    let mut clients = join_all(open).await;
    for client in &mut clients {
        client.send(&get("/api/bookings")).await;
        // The first byte shows that the response has begun.
        client.0.readable().await.unwrap();
    }
    let growth = resident(&app).saturating_sub(before) / CLIENTS;
    assert!(growth < list / 2, "each connection uses {growth} bytes for a list of {list} bytes");
}

#[actix_web::test]
async fn memory_is_returned_to_the_system_after_a_burst() {
    let environment = TestEnvironment::sqlite().await;
    let app = TestApp::start(&environment).await;
    let (port, before) = (app.port(), resident(&app));
    let open = SENDERS.iter().flat_map(|from| (0..CLIENTS).map(|_| RawClient::connect(*from, port)));
    let mut clients = join_all(open).await;
    let unfinished = format!("{POST}Content-Length: {BODY}\r\n\r\n{}", "[".repeat(BODY - 1));
    join_all(clients.iter_mut().map(|client| client.send(&unfinished))).await;
    let total = clients.len() * BODY;
    poll(|| async { resident(&app) > before + total }, "all bodies in memory").await;
    // A check during the burst must not prevent the release after it.
    sleep(CHECK_INTERVAL).await;
    join_all(clients.iter_mut().map(|client| async {
        client.send("[").await;
        assert_eq!(client.response().await.unwrap().0, 400);
    }))
    .await;
    drop(clients);
    // Without a trim, nearly twice the size of the bodies remains resident.
    let is_released = || async { resident(&app) < before + total * 3 / 2 };
    poll(is_released, "the memory of the bodies to be returned").await;
}

/// Returns the resident memory of the process, in bytes.
fn resident(app: &TestApp) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/status", app.id())).unwrap();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    resident.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
}
