//! Following the stream from another service: a group of consumers that hands each event to a handler.
//!
//! **What is promised.** Every event of the stream is handed to the handler of a group at least once, and taken off
//! the group's list only when the handler has returned without an error or it was given up to the dead-letter
//! stream. What a group has handled before is not handed to it again, as far as its [`ProcessedEvents`] remember. One
//! consumer alone hands events on in the order of the ledger, also after a restart under the same name; several in
//! one group share the events, and order holds for none of them.
//!
//! **What goes wrong, and what becomes of it.**
//!
//! | what happens | what follows |
//! |---|---|
//! | the handler fails or panics | the event is delivered again after a pause, in its place; after five deliveries it goes to `{hermes:events}:dead:<group>` |
//! | the process dies | its name takes up what it left; under another name, that is claimed after [`ConsumerSettings::claim_after`] |
//! | an event kills the process each time | after five deliveries it goes to the dead-letter stream without a sixth |
//! | Redis goes away | one line in the log, and one when it is back; the consumer goes on |
//! | the [`ProcessedEvents`] are away | the event waits in its place until they answer; that counts no delivery and gives nothing up. One that was handled is not handed to the handler again meanwhile |
//! | the stream was trimmed before the group got its events, or before it had handled them | those cannot be handed over any more: an error in the log, `hermes_consumer_missed_total`, and [`EventHandler::missed`] say how many and where they are still to be had |
//! | Redis loses its data | the group is made anew, the relay publishes again, what was seen is not handled twice |
//!
//! **One effect.** Between the effect of a handler and the note that the event was seen a process may die; then the
//! event comes again. Where that matters, note the event's id in the transaction of the effect itself, and be
//! [`ProcessedEvents`] by looking there. [`RedisProcessedEvents`] is lost together with Redis; [`MemoryProcessedEvents`] with the process.
//!
//! `crates/events/examples/follow_events.rs` is a whole program.

mod deliver;
mod entry;
mod event;
mod group;
mod handler;
mod insist;
mod link;
mod missed;
mod redis_seen;
mod run;
mod seen;
mod settings;

pub use event::Delivery;
pub use group::Lag;
pub use handler::{EventHandler, HandlerError};
pub use missed::Missed;
pub use redis_seen::RedisProcessedEvents;
pub use run::{ConsumeError, Consumer};
pub use seen::{MemoryProcessedEvents, ProcessedEvents, ProcessedEventsError};
pub use settings::{ConsumerSettings, Start};
