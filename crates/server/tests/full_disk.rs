//! A disk that is full: writes are refused, reads go on, nothing acknowledged is lost, and writes are back once there
//! is room again. Needs the right to mount a file system, and is skipped without it.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed"
)]

mod support;

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;
use tempfile::TempDir;

use support::{Hermes, Stage, poll};

/// More bookings than the room that SQLite has reserved takes.
const BOOKINGS_MAX: usize = 5_000;

#[actix_web::test]
async fn a_full_disk_stops_writes_and_not_reads() {
    let Some(disk) = SmallDisk::mount() else { return };
    let stage = Stage::embedded().await.unwrap();
    let data = disk.path().join("data").display().to_string();
    let hermes = Hermes::start_with(&stage, &[("DATA_DIR", &data)]).await;
    let mut booked = 0;
    while booked < 20 {
        assert_eq!(book(&hermes, booked).await, 201);
        booked += 1;
    }

    let filler = disk.fill();
    let refused = loop {
        assert!(booked < BOOKINGS_MAX, "the disk takes everything");
        match book(&hermes, booked).await {
            201 => booked += 1,
            other => break other,
        }
    };
    assert_eq!(refused, 503);
    assert!(hermes.log().contains("full"), "the log does not say why: {}", hermes.log());
    assert_eq!(count(&hermes).await, booked);
    hermes.get("/api/bookings/REF001").await.expect(200);

    fs::remove_file(filler).unwrap();
    poll(|| async { book(&hermes, booked).await == 201 }, "a booking").await;
    booked += 1;
    assert_eq!(count(&hermes).await, booked);
    let verified = hermes.run(&["audit", "verify", "--deep"]);
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
}

/// A file system of a few megabytes in memory.
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
        eprintln!("skipped: no right to mount a file system");
        None
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Takes all the room that is left; returns what to remove to give it back.
    fn fill(&self) -> PathBuf {
        let path = self.path().join("filler");
        let mut file = File::create(&path).unwrap();
        while file.write_all(&[0; 4_096]).is_ok() {}
        path
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _left_to_the_operator = Command::new("umount").arg("--lazy").arg(self.0.path()).status();
    }
}

async fn book(hermes: &Hermes, number: usize) -> u16 {
    let body = json!({"name": "Ana Ruiz", "email": format!("ana{number}@example.org"), "amount": "35000.00"});
    hermes.post("/api/bookings", &[], &body).await.status
}

async fn count(hermes: &Hermes) -> usize {
    let sums = hermes.get("/api/stats").await.expect(200).json();
    usize::try_from(sums["payments"].as_u64().unwrap()).unwrap()
}
