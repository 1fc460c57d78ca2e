//! Limits of the database server: connections, packet size and disk space.

use std::process::Command;

use sea_orm::{ConnectOptions, Database};

use super::setup::Setup;
use crate::support::SmallDisk;

/// More than the minimum of `max_connections` in MariaDB, which is 10.
const FOREIGN_CONNECTIONS: u32 = 20;
/// The disk of a server, in MiB. A new MySQL needs about 200.
const DISK_MIB: u32 = 400;
/// More bookings than fit in the space that the server has reserved.
const MAX_BOOKINGS: usize = 5_000;

#[actix_web::test]
async fn a_server_without_a_free_connection_leaves_reads_from_the_cache() {
    for setup in Setup::all("too many connections (1040)", "`max_connections`, all taken").await {
        let mut options = ConnectOptions::new(setup.foreign_url().await);
        options.min_connections(FOREIGN_CONNECTIONS).max_connections(FOREIGN_CONNECTIONS).sqlx_logging(false);
        let foreign = Database::connect(options).await.unwrap();
        setup.execute(&format!("SET GLOBAL max_connections = {FOREIGN_CONNECTIONS}")).await;
        setup.end_sessions().await;
        let seen = setup.portal.assert_only_reads_work(&["database-unavailable"]).await;
        setup.execute("SET GLOBAL max_connections = 500").await;
        foreign.close().await.unwrap();
        setup.finish(seen).await;
    }
}

#[actix_web::test]
async fn a_row_larger_than_a_packet_is_rejected_with_the_name_of_the_setting() {
    for setup in Setup::all("packet too large (1153)", "`SET GLOBAL max_allowed_packet = 1024`").await {
        setup.execute("SET GLOBAL max_allowed_packet = 1024").await;
        setup.end_sessions().await;
        let seen = setup.portal.assert_only_reads_work(&["database-unavailable", "outcome-unknown"]).await;
        setup.portal.app.wait_for_log("max_allowed_packet").await;
        let started = setup.portal.app.run(&["audit", "verify"]);
        let refused = String::from_utf8_lossy(&started.stderr).into_owned();
        assert!(!started.status.success() && refused.contains("max_allowed_packet"), "{refused}");
        setup.execute("SET GLOBAL max_allowed_packet = 16777216").await;
        setup.end_sessions().await;
        setup.finish(seen).await;
    }
}

/// The server waits for space or rejects the row, depending on the file that is full.
#[actix_web::test]
async fn a_full_disk_of_the_server_rejects_writes_only() {
    let Some(disk) = SmallDisk::mount_mib(DISK_MIB) else { return };
    for mut setup in Setup::all("disk full (1114, 1021)", "the data folder on a full tmpfs").await {
        setup.server.kill();
        move_data(&setup, &disk);
        setup.server.restart().await;
        setup.portal.wait_for_recovery().await;

        let filler = disk.fill();
        let mut booked = 0;
        let rejected = loop {
            assert!(booked < MAX_BOOKINGS, "the disk is not full");
            let written = setup.portal.book().await;
            if written.status != 201 {
                break written;
            }
            booked += 1;
        };
        assert_eq!(rejected.status, 503, "{rejected}");
        let reads = setup.portal.read_list().await;
        assert_eq!(reads.status, 200, "{reads}");
        std::fs::remove_file(filler).unwrap();
        setup.finish((reads.to_string(), rejected.to_string())).await;
    }
}

/// Moves the data folder of a stopped server to a disk. A link takes its place.
fn move_data(setup: &Setup, disk: &SmallDisk) {
    let (from, to) = (setup.server.data_folder(), disk.path().join(setup.name));
    let copied = Command::new("cp").arg("-a").arg(&from).arg(&to).status().unwrap();
    assert!(copied.success(), "the disk has no space for the data of {}", setup.name);
    std::fs::remove_dir_all(&from).unwrap();
    std::os::unix::fs::symlink(&to, &from).unwrap();
}
