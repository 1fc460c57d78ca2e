//! What was carried out although nobody was told.

use std::sync::Arc;

use hermes_cache::RedisCache;
use hermes_domain::ports::{SharedCache, Version};
use hermes_test_support::{FaultProxy, RedisServer, Traffic};

use crate::scene::{patient, patient_on};

/// Waits until somebody else has moved the version away from one.
async fn moved_on(other: &RedisCache, from: Version) -> Version {
    loop {
        let version = other.version().await.unwrap();
        if version != from {
            return version;
        }
        tokio::task::yield_now().await;
    }
}

/// How often it is tried to lose an answer.
const TRIES: usize = 20;

#[tokio::test]
async fn a_bump_that_is_sent_again_does_not_bring_back_a_version_that_was_left() {
    let Some(server) = hermes_test_support::redis().await else {
        return;
    };
    for _ in 0..TRIES {
        if let Some((made, now)) = bump_twice(&server).await {
            assert_ne!(now, made, "what was read at that version is current again, without the writes since");
            return;
        }
    }
    panic!("no bump was sent again");
}

/// Has a bump sent again after others have moved on from what it made; returns what it made first, and last. Nothing
/// when its answer was still on the way as bytes passed again, and so arrived after all.
async fn bump_twice(server: &RedisServer) -> Option<(Version, Version)> {
    let proxy = FaultProxy::to(server.port());
    let (other, cut_off) = (patient(server), Arc::new(patient_on(proxy.port())));
    let before = cut_off.version().await.unwrap();
    proxy.set(Traffic::LoseReplies);
    let bumping = tokio::spawn(async move { cut_off.invalidate().await });
    let made = moved_on(&other, before).await;
    other.invalidate().await.unwrap();
    let left_for = other.version().await.unwrap();

    // The connection is reset, and the bump is sent again on another one.
    proxy.set(Traffic::Pass);
    bumping.await.unwrap().unwrap();
    let now = other.version().await.unwrap();
    (now != left_for).then_some((made, now))
}
