//! The clock jumps, descriptors run out, and sessions end during COMMIT.

use std::collections::BTreeSet;
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use super::RESPONSE_MAX;
use super::setup::Setup;
use crate::support::{HttpClient, poll};

/// The library that changes the clock of a process; by default, that of Debian's package `libfaketime`.
const LIBFAKETIME_VARIABLE: &str = "HERMES_TEST_LIBFAKETIME";
/// More connections than the portal has descriptors for.
const IDLE_CONNECTIONS: usize = 400;
const BOOKINGS: usize = 60;
/// The longest time between a request and the reset, in microseconds; a booking takes some milliseconds.
const DELAY_MAX_US: u64 = 30_000;

#[actix_web::test]
async fn a_jump_of_the_clock_stops_writes_until_the_clock_is_right() {
    let Some(library) = find_libfaketime() else { return };
    let folder = tempfile::tempdir().unwrap();
    let offset = folder.path().join("offset");
    std::fs::write(&offset, "+0").unwrap();
    let file = offset.display().to_string();
    let variables = [
        ("LD_PRELOAD", library.as_str()),
        ("FAKETIME_TIMESTAMP_FILE", file.as_str()),
        ("FAKETIME_NO_CACHE", "1"),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
    ];
    for setup in Setup::all_with("clock jumps by two hours", "`faketime`", &variables).await {
        std::fs::write(&offset, "+2h").unwrap();
        let portal = &setup.portal;
        poll(|| async { portal.book().await.status == 503 }, "a rejection").await;
        let seen = portal.assert_only_reads_work(&["clock-wrong"]).await;
        assert_eq!(portal.read_database().await.status, 200);
        std::fs::write(&offset, "+0").unwrap();
        setup.finish(seen).await;
    }
}

fn find_libfaketime() -> Option<String> {
    let arch = std::env::consts::ARCH;
    let installed = format!("/usr/lib/{arch}-linux-gnu/faketime/libfaketimeMT.so.1");
    let library = std::env::var(LIBFAKETIME_VARIABLE).unwrap_or(installed);
    if Path::new(&library).exists() {
        return Some(library);
    }
    let reason = format!("{library} does not exist (install libfaketime, or set {LIBFAKETIME_VARIABLE})");
    hermes_test_support::missing("faketime", &reason)
}

/// The portal closes idle connections before the descriptors run out, so requests still get one.
#[actix_web::test]
async fn a_portal_without_descriptors_continues_after_connections_close() {
    for mut setup in Setup::all("no descriptors (EMFILE)", "`ulimit -n 128`, 400 idle connections").await {
        setup.portal.app.prepare = "ulimit -n 128";
        setup.portal.app.kill();
        setup.portal.app.restart().await;
        setup.portal.wait_for_recovery().await;
        let address = ("127.0.0.1", setup.portal.app.port());
        let idle: Vec<_> = (0..IDLE_CONNECTIONS).filter_map(|_| TcpStream::connect(address).ok()).collect();
        assert!(idle.len() > 128, "{} connections", idle.len());
        // The portal has closed the connection that was idle longest, which is that of the earlier client.
        setup.portal.app.client = HttpClient::new(RESPONSE_MAX);
        let reads = setup.portal.read_list().await;
        assert_eq!(reads.status, 200, "{reads}");
        let writes = setup.portal.book().await;
        setup.portal.app.wait_for_log("there are too many connections for the limit of open files").await;
        drop(idle);
        setup.finish((reads.to_string(), writes.to_string())).await;
    }
}

/// All sessions end at a random moment of each booking: before, during and after COMMIT.
#[actix_web::test]
async fn a_connection_lost_during_a_booking_leaves_one_booking() {
    for setup in
        Setup::all("connection lost, also during COMMIT", "`KILL` of all sessions of the portal").await
    {
        let mut random = fastrand::Rng::with_seed(1);
        let mut seen = BTreeSet::new();
        for _ in 0..BOOKINGS {
            let delay = Duration::from_micros(random.u64(0..DELAY_MAX_US));
            let reset = async {
                actix_web::rt::time::sleep(delay).await;
                setup.end_sessions().await;
            };
            let (written, ()) = tokio::join!(setup.portal.book(), reset);
            assert!([201, 503].contains(&written.status), "{written}");
            seen.insert(written.to_string());
        }
        let retries = setup.portal.app.metrics().await.value("hermes_writer_retries_total", &[]);
        assert!(retries > 0.0, "no transaction was interrupted");
        let reads = setup.portal.read_list().await;
        let seen: Vec<_> = seen.into_iter().collect();
        setup.finish((reads.to_string(), seen.join(", "))).await;
    }
}
