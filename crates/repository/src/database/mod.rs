//! Opening a database, and running work on it.

mod audit_guard;
mod durability;
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

pub use audit_guard::AuditGuard;
pub use durability::DurabilityFault;
pub use open::{Database, OpenError};
pub use settings::{DatabaseSettings, MySqlAddress};
pub use socket::tune_connections_to;

pub(crate) use packet::PacketMax;
pub(crate) use pool::{Pool, Slot};
pub(crate) use sqlite::ANY_CASE;

#[cfg(test)]
mod durability_tests;
#[cfg(test)]
mod pool_tests;
#[cfg(test)]
mod rolled_back_tests;
#[cfg(test)]
mod session_tests;
#[cfg(test)]
mod stall_tests;
