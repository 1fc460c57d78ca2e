//! On a full disk, writes are rejected, reads work and no acknowledged booking is lost. Writes resume once there is
//! space. Requires permission to mount a file system; skipped otherwise.

use std::fs;

use crate::support::{SmallDisk, TestApp, TestEnvironment, poll};

/// More bookings than fit in the space that SQLite has reserved.
const MAX_BOOKINGS: i64 = 5_000;

#[actix_web::test]
async fn a_full_disk_stops_writes_but_not_reads() {
    let Some(disk) = SmallDisk::mount() else { return };
    let environment = TestEnvironment::sqlite().await;
    let data = disk.path().join("data").display().to_string();
    let app = TestApp::start_with(&environment, &[("DATA_DIR", &data)]).await;
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

async fn book(app: &TestApp, number: i64) -> u16 {
    app.book(&format!("ana{number}")).await.status
}
