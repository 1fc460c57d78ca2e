//! The promises of `EventPublisher`, held by every adapter.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a stream that fails here fails the test")]

mod adapters;
mod promises;

/// Makes a test of every promise for every adapter.
macro_rules! every_adapter_keeps {
    ($($promise:ident)*) => {
        mod memory {
            $(#[tokio::test]
            async fn $promise() {
                crate::promises::$promise(&crate::adapters::memory()).await;
            })*
        }
        mod redis {
            $(#[tokio::test]
            async fn $promise() {
                let Some(server) = hermes_test_support::redis().await else { return };
                crate::promises::$promise(&crate::adapters::redis(&server)).await;
            })*
        }
    };
}

every_adapter_keeps! {
    an_empty_stream_has_no_mark
    events_stand_in_the_order_they_were_given
    what_is_sent_again_is_not_there_twice
    what_overlaps_is_appended_from_where_the_stream_ends
    what_comes_late_changes_nothing
    what_does_not_follow_the_mark_is_not_appended
    an_event_of_another_ledger_does_not_follow_one_with_the_same_number
    what_takes_the_place_of_lost_commits_is_appended_behind_them
    the_last_places_are_told_newest_first
    two_who_send_the_same_at_once_leave_one_stream
}
