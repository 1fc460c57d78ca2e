//! What Hermes is held against: the same rows written and read without it.

mod booking;
mod fill;
mod insert;
mod select;
mod transaction;
mod unbatched;

pub use booking::Booking;
pub use fill::fill;
pub use select::select_list;
pub use transaction::Transactions;
pub use unbatched::Unbatched;
