//! Follows the events of Hermes and prints them until Ctrl-C.
//!
//! ```sh
//! REDIS_URL=redis://127.0.0.1:6379 cargo run -p hermes-events --example follow_events -- accounting
//! ```
//!
//! The argument is the group; started twice with the same one, the second run goes on where the first one ended.
//! An event is printed once: Redis remembers for a week which ones this group has had.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use hermes_events::{
    Consumer, ConsumerSettings, Delivery, HandlerError, RedisProcessedEvents, StreamSettings,
};

/// As long as the outbox keeps events.
const REMEMBERED: Duration = Duration::from_secs(7 * 24 * 3_600);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::var("REDIS_URL").unwrap_or_else(|_| "redis://127.0.0.1:6379".to_owned());
    let group = std::env::args().nth(1).unwrap_or_else(|| "example".to_owned());
    let stream = StreamSettings::new(url.into());
    let seen = RedisProcessedEvents::connect(&stream, &group, REMEMBERED)?;
    let settings = ConsumerSettings::new(stream, &group, "follow-events");
    let consumer = Consumer::new(settings, show, Arc::new(seen))?;
    let stop = async {
        // Without a handler for Ctrl-C it ends the process, which is as good here.
        let _pressed = tokio::signal::ctrl_c().await;
    };
    consumer.run(stop).await;
    if let Ok(lag) = consumer.lag().await {
        println_line(&format!("{lag:?}"));
    }
    Ok(())
}

/// What a service would do with an event.
async fn show(delivery: Delivery) -> Result<(), HandlerError> {
    let event = delivery.event;
    println_line(&format!(
        "{} {} {} {} {}",
        event.seq, event.occurred_at, event.event_type, event.reference, event.data
    ));
    Ok(())
}

#[expect(clippy::print_stdout, reason = "it is what this program is for")]
fn println_line(line: &str) {
    println!("{line}");
}
