//! Servers that have lost what they were told: the mark is of what they have.

use hermes_domain::ports::{EventPublisher, Published};

use crate::scene::{MARK, STREAM, answer, events, mark, patient, publisher, seqs};

#[tokio::test]
async fn after_a_flush_there_is_no_mark_and_nothing_follows_the_old_one() {
    let Some(server) = hermes_test_support::redis().await else { return };
    let stream = publisher(&patient(&server));
    stream.publish(None, &events(1..=3)).await.unwrap();

    server.cli(&["FLUSHALL"]);

    let onto_nothing = stream.publish(mark(3), &events(4..=4)).await.unwrap();
    assert_eq!(onto_nothing, Published { last_position: None, appended: 0 });
    let again = stream.publish(None, &events(1..=4)).await.unwrap();
    assert_eq!(again, Published { last_position: mark(4), appended: 4 });
}

#[tokio::test]
async fn a_server_that_comes_back_from_an_old_dump_has_the_mark_of_then() {
    let Some(mut server) = hermes_test_support::redis().await else { return };
    let stream = publisher(&patient(&server));
    stream.publish(None, &events(1..=3)).await.unwrap();
    server.cli(&["SAVE"]);
    stream.publish(mark(3), &events(4..=6)).await.unwrap();

    server.stop();
    server.start().await;

    assert_eq!(answer(async || stream.last_position().await).await, mark(3));
    let gap = stream.publish(mark(6), &events(7..=7)).await.unwrap();
    assert_eq!(gap, Published { last_position: mark(3), appended: 0 });
    stream.publish(mark(3), &events(4..=7)).await.unwrap();
    assert_eq!(seqs(&stream).await, [1, 2, 3, 4, 5, 6, 7]);
}

#[tokio::test]
async fn a_mark_that_is_lost_alone_is_read_from_the_last_entry() {
    let Some(server) = hermes_test_support::redis().await else { return };
    let stream = publisher(&patient(&server));
    stream.publish(None, &events(1..=3)).await.unwrap();

    server.cli(&["DEL", MARK]);

    assert_eq!(stream.last_position().await.unwrap(), mark(3));
    let late = stream.publish(None, &events(1..=2)).await.unwrap();
    assert_eq!(late, Published { last_position: mark(3), appended: 0 });
}

#[tokio::test]
async fn a_mark_without_its_stream_is_void() {
    let Some(server) = hermes_test_support::redis().await else { return };
    let stream = publisher(&patient(&server));
    stream.publish(None, &events(1..=3)).await.unwrap();

    server.cli(&["DEL", STREAM]);

    assert_eq!(stream.last_position().await.unwrap(), None);
}

/// An operator who trims the stream to nothing has not lost it.
#[tokio::test]
async fn a_stream_that_was_trimmed_to_nothing_keeps_its_mark() {
    let Some(server) = hermes_test_support::redis().await else { return };
    let stream = publisher(&patient(&server));
    stream.publish(None, &events(1..=3)).await.unwrap();

    server.cli(&["XTRIM", STREAM, "MAXLEN", "0"]);

    assert_eq!(stream.last_position().await.unwrap(), mark(3));
    assert_eq!(stream.publish(mark(3), &events(4..=4)).await.unwrap().appended, 1);
}

#[tokio::test]
async fn a_replica_that_was_promoted_has_the_mark_of_what_it_has() {
    let (Some(primary), Some(replica)) =
        (hermes_test_support::redis().await, hermes_test_support::redis().await)
    else {
        return;
    };
    let before = publisher(&patient(&primary));
    before.publish(None, &events(1..=3)).await.unwrap();
    replica.cli(&["REPLICAOF", "127.0.0.1", &primary.port().to_string()]);
    while replica.cli(&["GET", MARK]).is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    let after = publisher(&patient(&replica));
    assert!(after.last_position().await.is_err(), "a replica may not know the end");

    replica.cli(&["REPLICAOF", "NO", "ONE"]);
    before.publish(mark(3), &events(4..=4)).await.unwrap();

    assert_eq!(after.last_position().await.unwrap(), mark(3));
}
