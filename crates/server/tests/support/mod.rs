//! A portal under test: its servers, its process and an HTTP client.
#![allow(dead_code, unused_imports, reason = "each test target uses a different part")]

pub mod app;
pub mod camt;
pub mod contract;
pub mod environment;
pub mod http;
pub mod metrics;
pub mod process;
pub mod rows;
pub mod small_disk;

pub use app::TestApp;
pub use environment::TestEnvironment;
pub use http::{HttpClient, Response};
pub use process::HermesProcess;
pub use small_disk::SmallDisk;

use std::time::{Duration, Instant};

/// Gives commands 30 s in the queue, so that a slow machine does not reject them.
pub const LONG_QUEUE_AGE: (&str, &str) = ("HERMES__LEDGER__QUEUE_AGE_MAX_MS", "30000");
const POLL_TIMEOUT: Duration = Duration::from_secs(60);
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// Waits until a condition is true; panics with its description after 60 s.
pub async fn poll<F: Future<Output = bool>>(condition: impl Fn() -> F, description: &str) {
    let deadline = Instant::now() + POLL_TIMEOUT;
    while !condition().await {
        assert!(Instant::now() < deadline, "timed out waiting for {description}");
        actix_web::rt::time::sleep(POLL_INTERVAL).await;
    }
}
