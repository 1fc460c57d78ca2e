//! How long entries live.

use std::collections::HashSet;

use hermes_domain::ports::{CacheKey, SharedCache};

use crate::scene::{ENTRY, VERSION, entry, fill, patient};

#[tokio::test]
async fn an_entry_lives_five_minutes_more_or_less_and_never_the_same_time() {
    let Some(server) = hermes_test_support::redis().await else {
        return;
    };
    let cache = patient(&server);
    let version = cache.version().await.unwrap();
    let mut seconds = HashSet::new();
    for _ in 0..200 {
        assert!(cache.put_if_version(CacheKey::List, &entry(version)).await.unwrap());
        let left_ms: i64 = server.cli(&["PTTL", ENTRY]).parse().unwrap();
        // What has passed between the two commands is not worth a flaky test.
        assert!((260_000..=330_000).contains(&left_ms), "{left_ms}");
        seconds.insert(left_ms / 1000);
    }
    assert!(seconds.len() > 20, "{seconds:?}");
}

#[tokio::test]
async fn a_version_does_not_expire() {
    let Some(server) = hermes_test_support::redis().await else {
        return;
    };
    let cache = patient(&server);
    fill(&cache).await;
    assert_eq!(server.cli(&["PTTL", VERSION]), "-1");
    cache.invalidate().await.unwrap();
    assert_eq!(server.cli(&["PTTL", VERSION]), "-1");
}

#[tokio::test]
async fn the_first_line_of_an_entry_is_for_people() {
    let Some(server) = hermes_test_support::redis().await else {
        return;
    };
    let version = fill(&patient(&server)).await;
    assert_eq!(
        server.cli(&["GET", ENTRY]),
        format!(
            "{{\"format\":\"\",\"version\":\"{version}\",\"head_seq\":7,\
             \"head_token\":\"00000000-0000-0000-0000-000000000007\",\"etag\":\"\\\"7\\\"\",\"link\":null}}\n[]"
        )
    );
}
