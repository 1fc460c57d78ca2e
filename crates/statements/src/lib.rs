//! Readers of bank statements: camt.053 and camt.054 (versions 02 to 14, also in a ZIP file), MT940 and CSV.
//!
//! Pure: bytes in, lines out; no clock, network or database. [`read`] detects the format, streams the file and passes
//! each statement to a visitor as [`Item`]s: the header, the lines, the summary. Memory use does not grow with the
//! file, except for about 24 bytes a line by which equal lines are counted.
//!
//! A reader refuses a file that it does not understand completely, because a skipped line is lost money. The visitor
//! may have received lines before the refusal. Callers therefore read a file twice: once to verify, once to import.

mod amount;
mod camt;
mod csv_file;
mod csv_profile;
mod emit;
mod error;
mod identity;
mod input;
mod item;
mod mt940;
mod read;
pub mod sim;
mod zip_file;

pub use csv_profile::{CsvProfile, ProfileError};
pub use error::{Position, Problem, ReadError};
pub use identity::LineIdentity;
pub use item::{
    Account, Batch, Counterparty, Direction, Format, Item, Remittance, StatementHeader, StatementLine,
    StatementSummary,
};
pub use read::{FileSummary, Limits, ReadOptions, read};
