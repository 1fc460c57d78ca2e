//! The outbox relay with the in-process stream and with Redis: two relays, lost leases, crashes, lost replies, lost
//! data and late sends.
//!
//! Gates force interleavings. The outbox is a fake. The repository's suite tests the real one.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a missing value fails the test"
)]

mod faulty_stream;
mod harness;
mod lost_commits;
mod outbox;
mod relays;
mod retention;
mod stream_data_loss;
mod takeover;

/// Runs each test with the in-process stream and with Redis.
macro_rules! on_each_stream {
    ($($(#[$meta:meta])* async fn $name:ident($harness:ident: &Harness) $body:block)*) => {
        $($(#[$meta])* mod $name {
            use super::*;

            async fn check($harness: &Harness) $body

            #[tokio::test]
            async fn in_memory() {
                check(&Harness::in_memory()).await;
            }

            #[tokio::test]
            async fn on_redis() {
                if let Some(harness) = Harness::on_redis().await {
                    check(&harness).await;
                }
            }
        })*
    };
}
pub(crate) use on_each_stream;
