//! What Hermes knows about payments, without any input or output.
//!
//! The crate is pure: no clock, no randomness, no async runtime, no database. Whatever it needs from the
//! outside comes in as an argument or stands as a trait in [`ports`].
//!
//! * [`money`]: integers of minor units with an ISO 4217 currency; fees.
//! * [`payment`]: what a payer has booked and owes, its references, its quality checks.
//! * [`ledger`]: commands, the facts they are decided on, [`ledger::Decider`], and what a decision writes.
//! * [`ports`]: what the use cases ask of a database, a cache and an event channel.

pub mod ledger;
pub mod money;
pub mod outage;
pub mod payment;
pub mod ports;

mod digits;
mod field;

pub use digits::{Digits, write_digits};
pub use field::{FieldError, ValidationCode, parse_text};
