//! Waiting for something outside this process, with a limit.

use std::time::{Duration, Instant};

const PAUSE: Duration = Duration::from_millis(3);

/// Asks again and again until there is an answer; `None` when `limit` has passed without one.
pub(crate) async fn poll<T>(limit: Duration, mut ask: impl AsyncFnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(answer) = ask().await {
            return Some(answer);
        }
        if Instant::now() >= deadline {
            return None;
        }
        tokio::time::sleep(PAUSE).await;
    }
}
