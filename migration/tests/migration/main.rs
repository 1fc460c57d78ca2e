//! The schema on real databases: SQLite, MariaDB and MySQL. A missing server is skipped.
#![expect(
    clippy::unwrap_used,
    reason = "clippy exempts test functions, but not the functions that tests share"
)]

mod audit_guard;
mod constraints;
mod databases;
mod erasure_schema;
mod loading;
mod lock;
mod receipts_schema;
mod released;
mod round_trip;
mod schema_files;
mod status;
