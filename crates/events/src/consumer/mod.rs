//! A consumer group that follows the stream and delivers each event to a handler.
//!
//! # Guarantees
//!
//! - Every event of the stream is delivered to the handler of a group **at least once**. The event is acknowledged only
//!   after the handler has succeeded, or after the event has become a dead letter.
//! - An event that the group has processed is not delivered to it again, as long as its [`ProcessedEvents`] record it.
//! - A single consumer receives the events in the order of the ledger, also after a restart under the same name. Several
//!   consumers of one group share the events, in no particular order.
//!
//! # Faults
//!
//! | fault | effect |
//! |---|---|
//! | the handler fails or panics | the event is delivered again after a delay, before later events; after five deliveries it moves to the dead letters, `{hermes:events}:dead:<group>` |
//! | the process dies | a consumer with the same name resumes its events; another consumer claims them after [`ConsumerSettings::claim_after`] |
//! | an event kills the process each time | after five deliveries, the event moves to the dead letters without a sixth |
//! | Redis is down | one log line, and one on recovery; the consumer continues |
//! | the [`ProcessedEvents`] are unavailable | the event waits until they are available; this counts no delivery, and a handled event is not delivered again |
//! | the stream is trimmed before the group has handled its events | those events are lost to the group; [`EventHandler::missed`], an error in the log and `hermes_consumer_missed_total` report how many, and how to read them |
//! | Redis loses its data | the group is created again and the relay publishes the events again; processed events are not handled twice |
//!
//! # Exactly one effect
//!
//! A process may die after the handler's effect and before the event is recorded as processed. The event is then delivered
//! again. If that matters, store the event's id in the same transaction as the effect, and implement [`ProcessedEvents`]
//! on that table: [`ProcessedEvents::is_processed`] reads it, and [`ProcessedEvents::record`] does nothing.
//!
//! [`RedisProcessedEvents`] are lost together with Redis, [`MemoryProcessedEvents`] with the process.

mod delivery;
mod entry;
mod group;
mod handler;
mod processed_events;
mod run;

pub use group::Lag;
pub use handler::{Delivery, EventHandler, HandlerError, Missed};
pub use processed_events::{
    MemoryProcessedEvents, ProcessedEvents, ProcessedEventsError, RedisProcessedEvents,
};
pub use run::{ConsumeError, Consumer, ConsumerSettings, Start};
