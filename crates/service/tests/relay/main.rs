//! The relay on streams of both kinds: two relays, lost leases, crashes, lost replies, lost data, late sends.
//!
//! Interleavings are forced by gates. The outbox is a fake; what the real one promises, the repository's suite
//! holds it to.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "what should be there and is not fails the test"
)]

#[path = "../support/gate.rs"]
#[allow(dead_code, reason = "every test binary uses its own part of this")]
mod gate;
#[path = "../support/logs.rs"]
mod logs;

mod databases;
mod kept;
mod lost_data;
mod outbox;
mod relays;
mod stream;
mod world;

/// Makes of each test one for the stream in the process and one for the stream on Redis.
macro_rules! on_each_stream {
    ($($(#[$meta:meta])* async fn $name:ident($world:ident: &World) $body:block)*) => {
        $($(#[$meta])* mod $name {
            use super::*;

            async fn check($world: &World) $body

            #[tokio::test]
            async fn in_memory() {
                check(&World::in_memory()).await;
            }

            #[tokio::test]
            async fn on_redis() {
                if let Some(world) = World::on_redis().await {
                    check(&world).await;
                }
            }
        })*
    };
}
pub(crate) use on_each_stream;
