//! The use cases of Hermes, on top of the ports of `hermes-domain`.
//!
//! * [`access`]: identifies the principal of a request.
//! * [`writer`]: executes every command; group commit by one task per process.
//! * [`read_cache`]: serves the list and other queries from memory and Redis, and never stale.
//! * [`statements`]: imports bank statements, and undoes imports.
//! * [`matching`]: accepts and rejects the matches that an import proposes.
//! * [`outbox`]: publishes committed events, serves the event feed, and deletes old events.
//! * [`maintenance`]: deletes expired rows periodically.
//! * [`clock_monitor`]: compares the clock of the process with the clock of the database.
//! * `coalesce`: shares one load or version check among concurrent callers. Used by [`read_cache`].

pub mod access;
pub mod clock_monitor;
mod coalesce;
pub mod mail;
pub mod maintenance;
pub mod matching;
pub mod outbox;
pub mod read_cache;
pub mod statements;
pub mod writer;
