//! The publisher on a server that is down, rejects commands or loses data.

use std::time::Duration;

use hermes_domain::ports::{EventPublisher, PublishError, Published};
use hermes_events::{RedisEndpoint, RedisPublisher};
use tokio::time::Instant;

use crate::harness::{STREAM, endpoint, events, position, publisher, seqs, until};

const POSITION: &str = "{hermes:events}:mark";

#[tokio::test]
async fn an_entry_holds_the_fields_of_the_event() {
    let Some(server) = hermes_test_support::redis().await else { return };
    publisher(&server).publish(None, &events(1..=1)).await.unwrap();
    let id = position(1).unwrap().id;
    let entries = server.cli(&["XRANGE", STREAM, "-", "+"]);
    let (_entry_id, fields) = entries.split_once('\n').unwrap();
    let expected = format!(
        "id\n{id}\nseq\n1\ntype\npayment.booked\ntime\n2026-11-22T12:00:00.123456Z\nreference\nREF001\ndata\n\
         {{\"note\":\"größe \\n\"}}"
    );
    assert_eq!(fields, expected);
    assert_eq!(server.cli(&["GET", POSITION]), format!("1:{id}"));
}

#[tokio::test]
async fn the_stream_is_trimmed_to_about_its_length() {
    let Some(server) = hermes_test_support::redis().await else { return };
    let stream = RedisPublisher::connect(&endpoint(&server), 200).unwrap();
    let mut after = None;
    for batch in 0..10 {
        let batch = events(batch * 100 + 1..=batch * 100 + 100);
        after = stream.publish(after, &batch).await.unwrap().last_position;
    }
    let length: usize = server.cli(&["XLEN", STREAM]).parse().unwrap();
    // Redis removes whole nodes of a hundred entries.
    assert!((200..=300).contains(&length), "{length}");
    assert_eq!(after, position(1_000));
}

#[tokio::test]
async fn a_server_that_is_down_is_unavailable_until_it_restarts() {
    let Some(mut server) = hermes_test_support::redis().await else { return };
    let stream = publisher(&server);
    stream.publish(None, &events(1..=1)).await.unwrap();
    server.stop();
    let error = stream.publish(position(1), &events(2..=2)).await.unwrap_err();
    assert!(matches!(error, PublishError::Unavailable(_)), "{error}");
    server.start().await;
    until(async || stream.last_position().await.is_ok_and(|last| last.is_none()), "the empty server").await;
}

/// The server appends the events after the relay has timed out, and the relay has sent them again by then.
#[tokio::test]
async fn events_that_a_paused_server_appends_late_are_not_appended_twice() {
    let Some(mut server) = hermes_test_support::redis().await else { return };
    let hasty =
        RedisEndpoint { command_timeout: Duration::from_millis(50), ..RedisEndpoint::new(server.url()) };
    let hasty = RedisPublisher::connect(&hasty, 10_000).unwrap();
    until(async || hasty.last_position().await.is_ok(), "the server").await;
    server.pause();
    let begin = Instant::now();
    let error = hasty.publish(None, &events(1..=3)).await.unwrap_err();
    assert!(matches!(error, PublishError::Unavailable(_)), "{error}");
    assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
    server.resume();
    until(async || hasty.publish(None, &events(1..=3)).await.is_ok(), "the server").await;
    assert_eq!(seqs(&publisher(&server)).await, [1, 2, 3]);
}

#[tokio::test]
async fn a_refusal_says_what_to_do() {
    let Some(server) = hermes_test_support::redis().await else { return };
    let stream = publisher(&server);
    stream.publish(None, &events(1..=1)).await.unwrap();
    let set_max_memory = |bytes| server.cli(&["CONFIG", "SET", "maxmemory", bytes]);

    set_max_memory("1");
    let error = stream.publish(position(1), &events(2..=2)).await.unwrap_err();
    assert!(matches!(&error, PublishError::Refused(text) if text.contains("raise maxmemory")), "{error}");
    set_max_memory("0");

    server.cli(&["SET", POSITION, "overwritten"]);
    let error = stream.publish(position(1), &events(2..=2)).await.unwrap_err();
    assert!(matches!(&error, PublishError::Refused(text) if text.contains(POSITION)), "{error}");
    server.cli(&["DEL", POSITION]);
    assert_eq!(stream.publish(position(1), &events(2..=2)).await.unwrap().appended, 1);
}

#[tokio::test]
async fn after_a_restart_from_an_old_dump_the_position_is_the_one_of_the_dump() {
    let Some(mut server) = hermes_test_support::redis().await else { return };
    let stream = publisher(&server);
    stream.publish(None, &events(1..=3)).await.unwrap();
    server.cli(&["SAVE"]);
    stream.publish(position(3), &events(4..=6)).await.unwrap();

    server.stop();
    server.start().await;

    until(async || stream.last_position().await.is_ok_and(|last| last == position(3)), "the dump").await;
    let gap = stream.publish(position(6), &events(7..=7)).await.unwrap();
    assert_eq!(gap, Published { last_position: position(3), appended: 0 });
    stream.publish(position(3), &events(4..=7)).await.unwrap();
    assert_eq!(seqs(&stream).await, [1, 2, 3, 4, 5, 6, 7]);
}

#[tokio::test]
async fn a_lost_position_is_read_from_the_last_entry_and_lost_with_the_stream() {
    let Some(server) = hermes_test_support::redis().await else { return };
    let stream = publisher(&server);
    stream.publish(None, &events(1..=3)).await.unwrap();

    server.cli(&["DEL", POSITION]);

    assert_eq!(stream.last_position().await.unwrap(), position(3));
    let late = stream.publish(None, &events(1..=2)).await.unwrap();
    assert_eq!(late, Published { last_position: position(3), appended: 0 });
    stream.publish(position(3), &events(4..=4)).await.unwrap();

    server.cli(&["DEL", STREAM]);

    assert_eq!(stream.last_position().await.unwrap(), None);
}

/// An operator may trim all events. The stream still exists and has lost nothing.
#[tokio::test]
async fn a_stream_trimmed_to_zero_length_retains_its_position() {
    let Some(server) = hermes_test_support::redis().await else { return };
    let stream = publisher(&server);
    stream.publish(None, &events(1..=3)).await.unwrap();

    server.cli(&["XTRIM", STREAM, "MAXLEN", "0"]);

    assert_eq!(stream.last_position().await.unwrap(), position(3));
    assert_eq!(stream.publish(position(3), &events(4..=4)).await.unwrap().appended, 1);
}

#[tokio::test]
async fn a_promoted_replica_has_the_position_of_its_data_and_a_replica_refuses() {
    let (Some(primary), Some(replica)) =
        (hermes_test_support::redis().await, hermes_test_support::redis().await)
    else {
        return;
    };
    let before = publisher(&primary);
    before.publish(None, &events(1..=3)).await.unwrap();
    replica.follow(&primary).await;
    let after = publisher(&replica);
    assert!(matches!(after.last_position().await, Err(PublishError::Refused(_))));

    replica.promote();
    before.publish(position(3), &events(4..=4)).await.unwrap();

    assert_eq!(after.last_position().await.unwrap(), position(3));
}
