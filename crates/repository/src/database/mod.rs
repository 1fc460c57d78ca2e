//! Opening a database, and running work on it.

mod audit_protection;
mod durability;
mod mysql;
mod open;
mod packet;
mod pool;
mod pool_invalidation;
mod session;
mod settings;
mod socket;
mod sqlite;
mod url;

pub use audit_protection::AuditProtection;
pub use durability::DurabilityWarning;
pub use open::{Database, OpenError};
pub use settings::{DatabaseSettings, MySqlAddress};
pub use socket::tune_connections_to;

pub(crate) use packet::MaxAllowedPacket;
pub(crate) use pool::{Pool, Slot};
pub(crate) use sqlite::UNICODE_NOCASE;

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
