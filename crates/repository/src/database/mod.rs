//! Opens databases and runs work on their connection pools.

mod audit_protection;
mod cache_signing_key;
mod clock;
mod durability;
mod facts;
mod in_list_padding;
mod mysql;
mod open;
mod pool;
mod pool_invalidation;
mod rights;
mod session;
mod settings;
mod socket;
mod sqlite;

pub use audit_protection::AuditProtection;
pub use durability::DurabilityWarning;
pub use facts::{DatabaseFacts, Encryption};
pub use open::{Database, OpenError, create_private_file, create_private_folder};
pub use settings::{DatabaseSettings, MySqlAddress};
pub use socket::tune_connections_to;

pub(crate) use clock::{now_ms, time_from_ms};
pub(crate) use in_list_padding::padded;
pub(crate) use pool::{Permit, Pool};
pub(crate) use sqlite::UNICODE_NOCASE;

#[cfg(test)]
mod pool_tests;
#[cfg(test)]
mod session_tests;
#[cfg(test)]
mod socket_tests;
