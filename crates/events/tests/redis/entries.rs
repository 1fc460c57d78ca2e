//! What is in the stream.

use hermes_domain::ports::EventPublisher;
use hermes_events::StreamSettings;

use crate::scene::{MARK, STREAM, events, mark, patient, publisher};

#[tokio::test]
async fn an_entry_says_what_happened_and_nothing_of_the_payer() {
    let Some(server) = hermes_test_support::redis().await else { return };
    publisher(&patient(&server)).publish(None, &events(1..=1)).await.unwrap();
    let id = mark(1).unwrap().id;
    let entries = server.cli(&["XRANGE", STREAM, "-", "+"]);
    let fields = entries.split_once('\n').unwrap().1;
    assert_eq!(
        fields,
        format!(
            "id\n{id}\nseq\n1\ntype\npayment.booked\ntime\n2026-11-22T12:00:00.123456Z\nreference\nREF001\ndata\n\
             {{\"amount\":\"1.00\"}}"
        )
    );
    assert_eq!(server.cli(&["GET", MARK]), format!("1:{id}"));
}

#[tokio::test]
async fn the_stream_is_trimmed_to_about_its_length() {
    let Some(server) = hermes_test_support::redis().await else { return };
    let stream = publisher(&StreamSettings { length_max: 200, ..patient(&server) });
    let mut after = None;
    for batch in 0..10 {
        let numbers = events(batch * 100 + 1..=batch * 100 + 100);
        after = stream.publish(after, &numbers).await.unwrap().last_position;
    }
    let length: usize = server.cli(&["XLEN", STREAM]).parse().unwrap();
    // Redis removes whole nodes of a hundred entries.
    assert!((200..=300).contains(&length), "{length}");
    assert_eq!(after, mark(1_000));
}

#[tokio::test]
async fn a_url_that_is_none_is_refused_without_repeating_it() {
    let settings = StreamSettings::new("http://:secret@example.org".to_owned().into());
    let Err(error) = hermes_events::RedisPublisher::connect(&settings) else { panic!("it was taken") };
    assert!(!error.to_string().contains("secret"), "{error}");
    assert!(!format!("{settings:?}").contains("secret"));
}
