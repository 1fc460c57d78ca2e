//! Opening a database, and running work on it.

mod mysql;
mod open;
mod packet;
mod pool;
mod session;
mod settings;
mod socket;
mod sqlite;
mod suspicion;
mod url;

pub use open::{Database, OpenError};
pub use settings::{DatabaseSettings, MySqlAddress};
pub use socket::tune_connections_to;

pub(crate) use packet::PacketMax;
pub(crate) use pool::{Pool, Slot};
pub(crate) use sqlite::ANY_CASE;

#[cfg(test)]
mod pool_tests;
#[cfg(test)]
mod session_tests;
#[cfg(test)]
mod stall_tests;
