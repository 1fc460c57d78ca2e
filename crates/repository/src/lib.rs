//! SeaORM entities, the ledger store and the readers.
#![warn(missing_docs)]

pub mod entity;

mod convert;
mod database;
mod error;
mod load;
mod padding;
mod reader;
mod store;

pub use convert::StoredPayment;
pub use database::{Database, DatabaseSettings, MySqlAddress, OpenError};
pub use reader::SeaPaymentReader;
pub use store::SeaLedgerStore;
