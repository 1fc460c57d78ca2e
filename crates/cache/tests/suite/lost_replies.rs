//! Commands that took effect although their reply was lost.

use std::sync::Arc;

use hermes_cache::RedisCache;
use hermes_domain::ports::{SharedCache, Version};
use hermes_test_support::{FaultProxy, RedisServer, Traffic};

use crate::harness::{patient, patient_on};

/// How often the test tries to lose a reply.
const TRIES: usize = 20;

#[tokio::test]
async fn a_retried_invalidation_does_not_restore_an_outdated_version() {
    let Some(server) = hermes_test_support::redis().await else { return };
    for _ in 0..TRIES {
        if let Some((first, last)) = invalidate_twice(&server).await {
            assert_ne!(
                last, first,
                "entries of the first version are current again, without the writes since"
            );
            return;
        }
    }
    panic!("no invalidation was retried");
}

/// Makes an invalidation retry after other instances have replaced the version that it created. Returns the versions
/// of its first and its second attempt, or `None` if the reply arrived after all.
async fn invalidate_twice(server: &RedisServer) -> Option<(Version, Version)> {
    let proxy = FaultProxy::to(server.port());
    let (other, cut_off) = (patient(server), Arc::new(patient_on(proxy.port())));
    let before = cut_off.version().await.unwrap();
    proxy.set(Traffic::LoseReplies);
    let invalidating = tokio::spawn(async move { cut_off.invalidate().await });
    let first = wait_for_change(&other, before).await;
    other.invalidate().await.unwrap();
    let second = other.version().await.unwrap();

    // The proxy resets the connection, and the invalidation is sent again on another one.
    proxy.set(Traffic::Pass);
    invalidating.await.unwrap().unwrap();
    let last = other.version().await.unwrap();
    (last != second).then_some((first, last))
}

async fn wait_for_change(cache: &RedisCache, from: Version) -> Version {
    loop {
        let version = cache.version().await.unwrap();
        if version != from {
            return version;
        }
        tokio::task::yield_now().await;
    }
}
