//! Follows the events of Hermes and prints them until Ctrl-C.
//!
//! ```sh
//! REDIS_URL=redis://127.0.0.1:6379 cargo run -p hermes-events --example follow_events -- accounting
//! ```
//!
//! The argument is the group. A second run with the same group continues where the first one ended. Each event is printed
//! once: Redis records for a week which events the group has processed.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use hermes_events::{
    Consumer, ConsumerSettings, Delivery, HandlerError, RedisEndpoint, RedisProcessedEvents,
};

/// The retention of the outbox (`events.retention_days`).
const PROCESSED_TTL: Duration = Duration::from_secs(7 * 24 * 3_600);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::var("REDIS_URL").unwrap_or_else(|_| "redis://127.0.0.1:6379".to_owned());
    let group = std::env::args().nth(1).unwrap_or_else(|| "example".to_owned());
    let endpoint = RedisEndpoint::new(url);
    let processed = RedisProcessedEvents::connect(&endpoint, &group, PROCESSED_TTL)?;
    let settings = ConsumerSettings::new(endpoint, &group, "follow-events");
    let consumer = Consumer::new(settings, print_event, Arc::new(processed))?;
    let stop = async {
        // If no signal handler can be installed, Ctrl-C ends the process, which is as good here.
        let _result = tokio::signal::ctrl_c().await;
    };
    consumer.run(stop).await;
    if let Ok(lag) = consumer.lag().await {
        print_line(&format!("{lag:?}"));
    }
    Ok(())
}

async fn print_event(delivery: Delivery) -> Result<(), HandlerError> {
    let event = delivery.event;
    print_line(&format!(
        "{} {} {} {} {}",
        event.seq, event.occurred_at, event.event_type, event.reference, event.data
    ));
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the purpose of this program")]
fn print_line(line: &str) {
    println!("{line}");
}
