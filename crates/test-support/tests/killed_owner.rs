//! A test process that is killed leaves no server and no folder behind.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::env;
use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const OWNER: &str = "HERMES_TEST_OWNER";
const GONE_MAX: Duration = Duration::from_secs(10);

#[test]
fn a_killed_owner_leaves_nothing_behind() {
    // The owner's folders have their own parent.
    let folders = tempfile::tempdir().unwrap();
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", "owner", "--nocapture"]).env(OWNER, "yes").env("TMPDIR", folders.path());
    let mut owner = command.stdout(Stdio::piped()).spawn().unwrap();
    let ports = read_ports(BufReader::new(owner.stdout.take().unwrap()));
    assert!(ports.iter().all(|port| listens(*port)));

    owner.kill().unwrap();
    owner.wait().unwrap();

    wait_until("every server is gone", || !ports.iter().any(|port| listens(*port)));
    wait_until("every folder is gone", || server_folders(folders.path()) == 0);
}

/// The process that the test above kills; not a test.
#[tokio::test]
async fn owner() {
    if env::var_os(OWNER).is_none() {
        return;
    }
    let mut paused = hermes_test_support::redis().await;
    let redis = hermes_test_support::redis().await;
    let mariadb = hermes_test_support::private_mariadb().await;
    // One server is paused, so the kernel sends SIGHUP to the group of its guard.
    if let Some(server) = &mut paused {
        server.pause();
    }
    let redis_ports = [&paused, &redis].into_iter().flatten().map(|server| server.port());
    let ports: Vec<u16> = redis_ports.chain(mariadb.iter().map(|server| server.port())).collect();
    // The empty line ends the unfinished line of the test runner.
    println!();
    ports.iter().for_each(|port| println!("port {port}"));
    println!("ready {}", ports.len());
    loop {
        thread::park();
    }
}

/// Reads the ports that the owner prints, followed by their number.
fn read_ports(output: impl BufRead) -> Vec<u16> {
    let mut ports = Vec::new();
    for line in output.lines().map(Result::unwrap) {
        match line.split_once(' ') {
            Some(("port", number)) => ports.push(number.parse().unwrap()),
            Some(("ready", count)) => {
                assert_eq!(count, ports.len().to_string());
                return ports;
            }
            _ => {}
        }
    }
    unreachable!("the owner ended by itself")
}

fn listens(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).is_ok()
}

fn server_folders(parent: &Path) -> usize {
    let entries = parent.read_dir().unwrap().map(|entry| entry.unwrap().file_name());
    entries.filter(|name| !name.to_string_lossy().starts_with("hermes-test-ports")).count()
}

fn wait_until(fact: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + GONE_MAX;
    while !holds() {
        assert!(Instant::now() < deadline, "not within {GONE_MAX:?}: {fact}");
        thread::sleep(Duration::from_millis(10));
    }
}
