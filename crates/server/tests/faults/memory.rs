//! The memory of an optimised program on MariaDB and Redis: at rest, and under full load.
//!
//! Requires `HERMES_TEST_PROGRAM`, because a debug build needs more memory.

use std::rc::Rc;
use std::time::{Duration, Instant};

use actix_web::rt;

use crate::support::process::PROGRAM_VARIABLE;
use crate::support::{TestApp, TestEnvironment};

/// The limits of the resident memory, in KiB.
const AT_REST_MAX: u64 = 50 * 1024;
const UNDER_LOAD_MAX: u64 = 120 * 1024;
const CLIENTS: usize = 64;
const LOAD_TIME: Duration = Duration::from_secs(30);
/// One request in this number books; the others read the list, a filtered page, a booking or the totals.
const REQUESTS_PER_BOOKING: usize = 5;

#[actix_web::test]
async fn an_optimised_program_stays_within_its_memory() {
    if std::env::var_os(PROGRAM_VARIABLE).is_none() {
        eprintln!("skipped: {PROGRAM_VARIABLE} names no optimised program");
        return;
    }
    let Some(environment) = TestEnvironment::mariadb().await else { return };
    let app = Rc::new(TestApp::start(&environment).await);
    let at_rest = app.resident_memory_kib();
    app.book("first").await.expect(201);
    let deadline = Instant::now() + LOAD_TIME;
    let clients: Vec<_> =
        (0..CLIENTS).map(|client| rt::spawn(load(Rc::clone(&app), client, deadline))).collect();
    let mut responses = 0;
    for client in clients {
        responses += client.await.unwrap();
    }
    let peak = app.peak_memory_kib();
    println!(
        "result: memory: {at_rest} KiB at rest, {peak} KiB at the peak of {responses} requests of {CLIENTS} clients"
    );
    assert!(at_rest <= AT_REST_MAX, "{at_rest} KiB at rest");
    assert!(peak <= UNDER_LOAD_MAX, "{peak} KiB under load");
}

/// Sends requests until the deadline; returns how many.
async fn load(app: Rc<TestApp>, client: usize, deadline: Instant) -> usize {
    let reads = ["/api/bookings", "/api/bookings?status=PENDING", "/api/bookings/REF001", "/api/stats"];
    let mut sent = 0;
    while Instant::now() < deadline {
        let status = match sent % REQUESTS_PER_BOOKING {
            0 => app.book(&format!("payer-{client}-{sent}")).await.status,
            read => app.client.send("GET", &app.url(reads[read - 1]), &[], None).await.unwrap().status,
        };
        // Under overload, commands are rejected.
        assert!([200, 201, 503].contains(&status), "{status}");
        sent += 1;
    }
    sent
}
