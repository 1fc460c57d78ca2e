//! The promises of `SharedCache`, held by every adapter.
#![expect(clippy::unwrap_used, reason = "a cache that fails here fails the test")]

mod adapters;
mod promises;

/// Makes a test of every promise for the cache in the process.
macro_rules! memory_keeps {
    ($($promise:ident)*) => {
        mod memory {
            $(#[tokio::test]
            async fn $promise() {
                crate::promises::$promise(&crate::adapters::memory()).await;
            })*
        }
    };
}

/// The same for the one on a server.
macro_rules! redis_keeps {
    ($($promise:ident)*) => {
        mod redis {
            $(#[tokio::test]
            async fn $promise() {
                let Some(server) = hermes_test_support::redis().await else { return };
                crate::promises::$promise(&crate::adapters::redis(&server)).await;
            })*
        }
    };
}

// It keeps no entries, which every promise of them allows: an entry may be gone at any time.
memory_keeps! {
    a_version_stays_until_it_is_bumped
    every_instance_sees_the_same_version
    versions_never_repeat
    there_is_no_entry_before_one_is_filled
    a_slow_reader_finds_nothing_stale
    a_version_that_never_was_stores_nothing
    after_a_bump_no_query_finds_an_entry_of_the_new_version
    no_entry_outlives_its_version_however_many_write
}

redis_keeps! {
    a_version_stays_until_it_is_bumped
    every_instance_sees_the_same_version
    versions_never_repeat
    there_is_no_entry_before_one_is_filled
    an_entry_comes_back_byte_for_byte
    a_new_entry_takes_the_place_of_the_old_one
    a_bump_drops_the_entry
    a_slow_reader_finds_nothing_stale
    a_slow_reader_stores_nothing
    every_query_has_an_entry_of_its_own
    a_query_never_finds_the_entry_of_another
    after_a_bump_no_query_finds_an_entry_of_the_new_version
    a_version_that_never_was_stores_nothing
    no_entry_outlives_its_version_however_many_write
}
