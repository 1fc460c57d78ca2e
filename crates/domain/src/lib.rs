//! The rules of Hermes, without input or output.
//!
//! The crate is pure: it uses no clock, randomness, async runtime or database. Callers pass time and randomness as
//! arguments; adapters implement the traits in [`ports`].
//!
//! * [`access`]: API keys, their scopes, and derived secrets.
//! * [`institution`]: who is paid, the accounts that receive money, and what payers must enter.
//! * [`money`]: integers of minor units with an ISO 4217 currency; fees.
//! * [`receipt`]: receipts, their allocations, and refunds.
//! * [`payment`]: payments, their references and their validation checks.
//! * [`ledger`]: commands, the facts that decide them, [`ledger::Decider`], and the rows that a decision writes.
//! * [`mail`]: what messages to payers say, and when.
//! * [`matching`]: which payments a transfer pays, with the evidence.
//! * [`ports`]: traits for the database, the cache, the event stream and the clock.
//! * [`statement`]: imported bank statements, their lines and matches.
//! * [`outage`]: the tracker of a dependency's outages.

pub mod access;
pub mod institution;
pub mod ledger;
pub mod mail;
pub mod matching;
pub mod money;
pub mod outage;
pub mod payment;
pub mod ports;
pub mod receipt;
pub mod statement;

mod address_block;
mod field;
mod language;
mod payment_code;
mod text;

pub use address_block::AddressBlock;
pub use field::{FieldError, ValidationCode};
pub use language::{InvalidLanguageCode, LanguageCode};
pub use payment_code::payment_code;
pub use text::{mask_card_numbers, normalize_text, parse_text};
