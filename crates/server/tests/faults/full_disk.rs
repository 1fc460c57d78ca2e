//! On a full disk, writes are rejected, reads work and no acknowledged booking is lost. Writes resume once there is
//! space. Requires permission to mount a file system; skipped otherwise.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::support::{TestApp, TestEnvironment, poll};

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

/// An in-memory file system of 16 MB.
struct SmallDisk(TempDir);

impl SmallDisk {
    fn mount() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=16m", "tmpfs"])
            .arg(folder.path())
            .output();
        if mount.is_ok_and(|mount| mount.status.success()) {
            return Some(Self(folder));
        }
        eprintln!("skipped: no permission to mount a file system");
        None
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Fills the disk; returns the file to remove to free the space.
    fn fill(&self) -> PathBuf {
        let path = self.path().join("filler");
        let mut file = File::create(&path).unwrap();
        while file.write_all(&[0; 4_096]).is_ok() {}
        path
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(self.0.path()).status();
    }
}

async fn book(app: &TestApp, number: i64) -> u16 {
    app.book(&format!("ana{number}")).await.status
}
