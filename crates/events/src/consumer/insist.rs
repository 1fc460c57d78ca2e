//! Asking until there is an answer, for what must not be counted against an event.

use std::fmt::Display;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::time::sleep;

/// The pause before it is asked again.
const PAUSE: Duration = Duration::from_millis(250);

/// Asks until there is an answer; `None` is that the consumer is to stop meanwhile. It is asked at least once, also
/// by a consumer that is to stop. The log is told once that there is no answer, and once that there is one.
pub(super) async fn insist<T, E: Display, Asking: Future<Output = Result<T, E>>>(
    group: &str,
    stopped: &mut watch::Receiver<bool>,
    mut ask: impl FnMut() -> Asking,
) -> Option<T> {
    let mut away_since: Option<Instant> = None;
    loop {
        match ask().await {
            Ok(answer) => {
                if let Some(since) = away_since {
                    log::info!(group; "group {group} goes on after {} ms", since.elapsed().as_millis());
                }
                return Some(answer);
            }
            Err(error) if away_since.is_none() => {
                away_since = Some(Instant::now());
                log::warn!(group; "group {group} waits with an event and goes on with it ({error})");
            }
            Err(_) => {}
        }
        tokio::select! {
            () = sleep(PAUSE) => {}
            _ = stopped.wait_for(|stop| *stop) => return None,
        }
    }
}
