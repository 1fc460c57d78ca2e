//! Everything that tests share: private real servers, fakes of the ports, and builders.
//!
//! Each test gets servers and databases that no other test uses:
//!
//! ```no_run
//! # async fn example() {
//! let Some(database) = hermes_test_support::mariadb().await else { return };
//! let Some(mut redis) = hermes_test_support::redis().await else { return };
//! println!("{} {}", database.url, redis.url());
//! redis.stop();
//! # }
//! ```
//!
//! | item | provides | shared |
//! |---|---|---|
//! | [`sqlite`] | a file in its own folder | no |
//! | [`mariadb`], [`mysql`] | an empty database | one server per test binary |
//! | [`private_mariadb`], [`private_mysql`], and each `…_with` options | a server to kill, restart and pause | no |
//! | [`redis`] | a server to stop, start and pause | no |
//! | [`FaultProxy`] | a connection to a server that can be cut, hung, slowed and made to lose replies | no |
//! | [`MemoryLedger`], [`MemoryStore`] | the ledger as a value, and as a database with faults and gates | no |
//! | [`earlier_ledger`] | rows as an earlier release wrote them | no |
//! | [`money_steps`] | random commands that move money | – |
//! | [`builders`], [`FixedClock`], [`SequentialRandom`] | rules, commands, time, randomness | no |
//! | [`builders`], [`FixedClock`], [`AdjustableClock`], [`SequentialRandom`] | rules, commands, time, randomness | no |
//! | [`SmtpServer`] | a mail server to stop, start and let reject messages | no |
//! | [`Authority`] | TLS certificates, valid and with a flaw | no |
//! | [`capture_logs`] | the log lines of a test | no |
//!
//! **A missing server** skips the test and writes one line to standard error that no test runner captures. If
//! `HERMES_TEST_REQUIRE` lists the server (`mariadb,mysql,mysqld,redis`, where `mysqld` is [`private_mysql`]), the
//! test fails instead. The same applies to `mount`, the permission to mount a small disk, and to `faketime`, the library
//! libfaketime.
//!
//! **Server programs:** `HERMES_TEST_MARIADBD`, `HERMES_TEST_MYSQLD` and `HERMES_TEST_REDIS_SERVER` name a program.
//! By default, `PATH` and `/usr/sbin` are searched. `HERMES_TEST_MYSQL_URL` names a running MySQL whose user may
//! create databases. Only [`mysql`] uses it.
//!
//! **Nothing is left behind,** even if the test process is killed with `SIGKILL`. Every server and every data folder
//! has a guard process that waits for a pipe to close. The kernel closes the pipe when the test process ends.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a fixture that cannot do its work fails the test"
)]

pub mod builders;
mod certificates;
mod databases;
mod determinism;
pub mod earlier_ledger;
mod fault_proxy;
mod folder;
mod gate;
mod log_capture;
mod login;
mod mariadb;
mod memory_ledger;
mod memory_publisher;
pub mod money_steps;
mod mysql;
mod poll;
mod port;
mod program;
mod redis;
mod requirement;
mod resp;
mod smtp_server;
mod sql_server;
mod sqlite;
mod supervised;
mod table_lock;
mod test_database;
mod user;

pub use certificates::{Authority, CertificateFiles, EXPIRES_AFTER, Flaw};
pub use databases::{mariadb, mysql};
pub use determinism::{AdjustableClock, FixedClock, NOON, SequentialRandom};
pub use fault_proxy::{FaultProxy, Traffic};
pub use gate::{CallCounter, CountedCall, Gate, within};
pub use log_capture::{capture_logs, take_logs};
pub use login::Login;
pub use mariadb::{private_mariadb, private_mariadb_with};
pub use memory_ledger::{MemoryLedger, MemoryStore, StoreFault, StoreStats, StoreStep};
pub use memory_publisher::MemoryPublisher;
pub use mysql::{private_mysql, private_mysql_with};
pub use port::Port;
pub use redis::{RedisServer, redis};
pub use requirement::missing;
pub use smtp_server::{ReceivedMail, SmtpServer};
pub use sql_server::SqlServer;
pub use sqlite::sqlite;
pub use table_lock::TableLock;
pub use test_database::TestDatabase;
