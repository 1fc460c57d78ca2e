//! An outage of the shared cache is logged once, and its end is logged once.

use std::time::Duration;

use hermes_domain::ports::CacheError;
use hermes_test_support::{capture_logs, take_logs};
use log::Level;
use tokio::time::advance;

use crate::support::{Operation, ReadCacheHarness};

/// Longer than the log suppresses a repeated warning.
const LONG: Duration = Duration::from_secs(60);

#[tokio::test(start_paused = true)]
async fn an_outage_logs_one_warning_and_one_recovery() {
    let every = [Operation::Version, Operation::Get, Operation::Put, Operation::Invalidate].as_slice();
    let changes = [Operation::Put, Operation::Invalidate].as_slice();
    for (failing, error) in [
        (every, CacheError::Unavailable("cut off".to_owned())),
        (changes, CacheError::Refused("READONLY".to_owned())),
    ] {
        capture_logs();
        let instance = ReadCacheHarness::new();
        instance.read().await;
        for operation in failing {
            instance.cache.fail(*operation, error.clone());
        }
        for payer in ["a", "b", "c"] {
            instance.book(payer).await;
            instance.read().await;
            advance(LONG).await;
            instance.read().await;
        }
        instance.cache.recover();
        advance(LONG).await;
        instance.read().await;
        instance.read().await;
        let lines = take_logs();
        let levels: Vec<Level> = lines.iter().map(|(level, _)| *level).collect();
        assert_eq!(levels, [Level::Warn, Level::Info], "{lines:#?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_that_cannot_be_stored_is_no_outage() {
    capture_logs();
    let instance = ReadCacheHarness::new();
    instance.cache.fail(Operation::Put, CacheError::Unavailable("no reply within 100 ms".to_owned()));
    for payer in ["a", "b", "c"] {
        instance.book(payer).await;
        instance.read().await;
        advance(LONG).await;
    }
    assert_eq!(take_logs(), []);
}
