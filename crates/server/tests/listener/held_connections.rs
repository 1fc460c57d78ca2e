//! Attackers hold more connections than the program may have open files. Other clients do not notice.

use std::net::Ipv4Addr;
use std::time::Duration;

use futures_util::future::join_all;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::time::timeout;

use crate::raw_client::{HOME, POST, RawClient, get};
use crate::support::{TestApp, TestEnvironment};

/// The connections of all attackers.
const HELD: usize = 2_000;
/// The last byte of the addresses of the attackers.
const ATTACKERS: std::ops::RangeInclusive<u8> = 2..=50;
/// How much more processor time the server may need for the requests of the other clients. Unlike the elapsed time, it
/// hardly depends on the other programs of the machine.
const MAX_RATIO: u32 = 3;
/// The longest time until a response. It is shorter than the first deadline that ends a held connection, so no client
/// waits for a deadline.
const RESPONSE_MAX: Duration = Duration::from_secs(4);
/// Clients that send requests at the same time, and the requests of each.
const CLIENTS: usize = 4;
const REQUESTS: usize = 75;

/// The bookings in the list, and the number of lists that the buffers of a connection with small buffers cannot hold.
const BOOKINGS: usize = 100;
const LISTS: usize = 4;

/// How attackers hold connections.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Idle,
    SlowHead,
    UnfinishedBody,
    UnfinishedChunk,
    UnreadResponse,
    SlowSecondHead,
}

impl Kind {
    const ALL: [Self; 6] = [
        Self::Idle,
        Self::SlowHead,
        Self::UnfinishedBody,
        Self::UnfinishedChunk,
        Self::UnreadResponse,
        Self::SlowSecondHead,
    ];
}

#[actix_web::test]
async fn other_clients_are_served_while_2_000_connections_are_held_with_1_024_descriptors() {
    let limit = getrlimit(Resource::Nofile).maximum;
    setrlimit(Resource::Nofile, Rlimit { current: limit, maximum: limit }).unwrap();
    let environment = TestEnvironment::sqlite().await;
    let mut app = TestApp::start(&environment).await;
    app.kill();
    app.prepare = "ulimit -n 1024";
    app.restart().await;
    let payers: Vec<_> = (0..BOOKINGS).map(|number| format!("payer{number}")).collect();
    join_all(payers.iter().map(|payer| app.book(payer))).await;
    for kind in Kind::ALL {
        assert_others_are_served(&app, kind).await;
    }
}

async fn assert_others_are_served(app: &TestApp, kind: Kind) {
    settle(app.port()).await;
    let alone = serve_others(app).await;
    let held = hold(app.port(), kind).await;
    settle(app.port()).await;
    let attacked = serve_others(app).await;
    app.get("/health").await.expect(200);
    app.dashboard("/").await;
    app.dashboard("/metrics").await;
    drop(held);
    assert!(attacked <= alone * MAX_RATIO, "{kind:?}: processor time {attacked:?} instead of {alone:?}");
}

/// Waits until the server has accepted all earlier connections: it serves new ones in their order.
async fn settle(port: u16) {
    for _ in 0..CLIENTS {
        RawClient::connect(HOME, port).await.get("/health/live").await;
    }
}

/// Sends the requests of the other clients, each on a new connection; returns the processor time of the server.
async fn serve_others(app: &TestApp) -> Duration {
    let before = app.processor_time();
    let port = app.port();
    let clients = (0..CLIENTS).map(|_| async move {
        for _ in 0..REQUESTS {
            let request = async {
                let mut client = RawClient::connect(HOME, port).await;
                client.get("/api/bookings?limit=1").await.expect("no response").0
            };
            assert_eq!(timeout(RESPONSE_MAX, request).await, Ok(200));
        }
    });
    join_all(clients).await;
    app.processor_time() - before
}

/// Opens all connections of the attackers, in groups from each address.
async fn hold(port: u16, kind: Kind) -> Vec<RawClient> {
    let mut held = Vec::new();
    while held.len() < HELD {
        let group = ATTACKERS.map(|last| attack(Ipv4Addr::new(127, 0, 0, last), port, kind));
        held.extend(join_all(group).await);
    }
    held
}

/// Opens a connection. The server may close it at any time in favour of another one.
async fn attack(from: Ipv4Addr, port: u16, kind: Kind) -> RawClient {
    let mut client = RawClient::connect_with_small_buffers(from, port).await;
    match kind {
        Kind::Idle => {
            client.get("/health/live").await;
        }
        Kind::SlowHead => {
            client.send("GET / HTTP/1.1\r\nHost: ").await;
        }
        Kind::UnfinishedBody => {
            client.send(&format!("{POST}Content-Length: 9\r\n\r\n{{")).await;
        }
        Kind::UnfinishedChunk => {
            client.send(&format!("{POST}Transfer-Encoding: chunked\r\n\r\n9\r\n{{")).await;
        }
        Kind::UnreadResponse => {
            client.send(&get("/api/bookings").repeat(LISTS)).await;
        }
        Kind::SlowSecondHead => {
            client.get("/health/live").await;
            client.send("GET / HT").await;
        }
    }
    client
}
