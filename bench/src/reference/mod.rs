//! The references: the same rows, written without Hermes.

mod booking;
mod fill;
mod transaction;

pub use booking::BookingRows;
pub use fill::fill;
pub use transaction::{BareTransactions, UnbatchedWriters};
