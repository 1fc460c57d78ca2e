//! Waits for an event outside this process.

use std::time::{Duration, Instant};

const PAUSE: Duration = Duration::from_millis(3);

/// Repeats a check until it returns a value. Returns `None` after `limit`.
pub(crate) async fn poll<T>(limit: Duration, mut check: impl AsyncFnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(value) = check().await {
            return Some(value);
        }
        if Instant::now() >= deadline {
            return None;
        }
        tokio::time::sleep(PAUSE).await;
    }
}
