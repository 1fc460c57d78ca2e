//! On a full disk, writes are rejected, reads work and no acknowledged booking is lost. Writes resume once there is
//! space. Requires permission to mount a file system; skipped otherwise.

use std::fs;

use crate::support::{SmallDisk, TestApp, TestEnvironment, poll};

/// More bookings than fit in the space that SQLite has reserved.
const MAX_BOOKINGS: i64 = 5_000;
/// The reserve of free space, in bytes.
const RESERVE: u64 = 8 * 1024 * 1024;

#[actix_web::test]
async fn a_full_disk_stops_writes_but_not_reads() {
    let Some(disk) = SmallDisk::mount() else { return };
    let environment = TestEnvironment::sqlite().await;
    let data = disk.path().join("data").display().to_string();
    let no_reserve = ("HERMES__SERVER__MIN_FREE_BYTES", "0");
    let app = TestApp::start_with(&environment, &[("DATA_DIR", &data), no_reserve]).await;
    let mut booked = 20;
    for number in 0..booked {
        assert_eq!(book(&app, number).await, 201);
    }

    let filler = disk.fill();
    let rejected = loop {
        assert!(booked < MAX_BOOKINGS, "the disk is not full");
        match book(&app, booked).await {
            201 => booked += 1,
            other => break other,
        }
    };
    assert_eq!(rejected, 503);
    assert!(app.log().contains("full"), "the log does not name the reason: {}", app.log());
    assert_eq!(app.payment_count().await, booked);
    app.get("/api/bookings/REF001").await.expect(200);

    fs::remove_file(filler).unwrap();
    poll(|| async { book(&app, booked).await == 201 }, "a booking").await;
    assert_eq!(app.payment_count().await, booked + 1);
    app.assert_audit_log_is_intact(&["--deep"]);
}

#[actix_web::test]
async fn writes_stop_before_the_disk_is_full() {
    let Some(disk) = SmallDisk::mount() else { return };
    let environment = TestEnvironment::sqlite().await;
    let data = disk.path().join("data").display().to_string();
    let reserve = RESERVE.to_string();
    let variables = [("DATA_DIR", data.as_str()), ("HERMES__SERVER__MIN_FREE_BYTES", reserve.as_str())];
    let app = TestApp::start_with(&environment, &variables).await;
    let form = [("name", "Ana Ruiz"), ("email", "ana@example.org"), ("amount", "10")];
    app.submit("/payment", &form).await.expect(303);

    let filler = disk.fill_to(RESERVE / 2);
    // Bookings would fill the disk further until the next measurement.
    let is_storage = async |level| app.get("/health").await.json()["storage"] == level;
    poll(|| is_storage("low"), "low storage").await;
    app.submit("/payment", &form).await.expect(503);
    app.book("ana").await.expect(201);
    disk.fill_to(RESERVE / 8);
    poll(|| is_storage("full"), "full storage").await;
    assert_eq!(app.book("ana").await.expect(503).json()["code"], "storage-full");
    let health = app.get("/health").await.expect(200).json();
    assert_eq!((&health["status"], &health["writes"]), (&"degraded".into(), &"refused".into()));
    app.get("/health/ready").await.expect(503);
    app.get("/api/bookings/REF001").await.expect(200);

    fs::remove_file(filler).unwrap();
    poll(|| async { app.submit("/payment", &form).await.status == 303 }, "an open form").await;
    app.assert_audit_log_is_intact(&["--deep"]);
}

async fn book(app: &TestApp, number: i64) -> u16 {
    app.book(&format!("ana{number}")).await.status
}
