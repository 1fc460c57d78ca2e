//! A running `hermes`, seen from outside.
#![allow(dead_code, reason = "each test file uses another part")]

pub mod answer;
pub mod contract;
pub mod http;
pub mod metrics;
pub mod process;
pub mod rows;
pub mod stage;

pub use answer::Answer;
pub use http::HttpClient;
pub use process::Hermes;
pub use stage::Stage;

use std::time::{Duration, Instant};

/// How long something that must happen may take.
const DEADLINE: Duration = Duration::from_secs(60);

/// Asks until the answer is yes.
pub async fn poll<F: Future<Output = bool>>(ask: impl Fn() -> F, what: &str) {
    let deadline = Instant::now() + DEADLINE;
    while !ask().await {
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        actix_web::rt::time::sleep(Duration::from_millis(10)).await;
    }
}
