//! Servers that do not answer, or answer no.

use std::time::Duration;

use hermes_domain::ports::{EventPublisher, PublishError};
use hermes_events::StreamSettings;
use tokio::time::Instant;

use crate::scene::{MARK, answer, events, mark, patient, publisher, seqs};

#[tokio::test]
async fn a_server_that_is_down_is_away_and_found_again_when_it_is_back() {
    let Some(mut server) = hermes_test_support::redis().await else { return };
    let stream = publisher(&patient(&server));
    stream.publish(None, &events(1..=1)).await.unwrap();
    server.stop();
    let error = stream.publish(mark(1), &events(2..=2)).await.unwrap_err();
    assert!(matches!(error, PublishError::Unavailable(_)), "{error}");
    server.start().await;
    assert_eq!(answer(async || stream.last_position().await).await, None);
}

/// The server takes the events after the relay has given up waiting, and the relay has sent them again by then.
#[tokio::test]
async fn what_a_paused_server_carries_out_late_is_not_there_twice() {
    let Some(mut server) = hermes_test_support::redis().await else { return };
    let hasty = publisher(&StreamSettings {
        command_timeout: Duration::from_millis(50),
        ..StreamSettings::new(server.url().into())
    });
    answer(async || hasty.last_position().await).await;
    server.pause();
    let begin = Instant::now();
    let error = hasty.publish(None, &events(1..=3)).await.unwrap_err();
    assert!(matches!(error, PublishError::Unavailable(_)), "{error}");
    assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
    server.resume();
    answer(async || hasty.publish(None, &events(1..=3)).await).await;
    assert_eq!(seqs(&hasty).await, [1, 2, 3]);
}

#[tokio::test]
async fn a_full_server_refuses_and_says_what_to_do() {
    let Some(server) = hermes_test_support::redis().await else { return };
    let stream = publisher(&patient(&server));
    stream.publish(None, &events(1..=1)).await.unwrap();
    server.cli(&["CONFIG", "SET", "maxmemory", "1"]);
    let error = stream.publish(mark(1), &events(2..=2)).await.unwrap_err();
    assert!(matches!(&error, PublishError::Refused(text) if text.contains("maxmemory")), "{error}");
    server.cli(&["CONFIG", "SET", "maxmemory", "0"]);
    assert_eq!(stream.publish(mark(1), &events(2..=2)).await.unwrap().appended, 1);
}

#[tokio::test]
async fn a_mark_that_somebody_has_overwritten_is_named() {
    let Some(server) = hermes_test_support::redis().await else { return };
    let stream = publisher(&patient(&server));
    stream.publish(None, &events(1..=1)).await.unwrap();
    server.cli(&["SET", MARK, "by hand"]);
    let error = stream.publish(mark(1), &events(2..=2)).await.unwrap_err();
    assert!(error.to_string().contains(MARK), "{error}");
    server.cli(&["DEL", MARK]);
    assert_eq!(stream.publish(mark(1), &events(2..=2)).await.unwrap().appended, 1);
}
