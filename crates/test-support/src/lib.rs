//! Private real servers for tests: MariaDB, MySQL, Redis and SQLite files.
//!
//! A test asks for what it needs and gets something nobody else touches:
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
//! | function | gives | shared |
//! |---|---|---|
//! | [`sqlite`] | a file in a folder of its own | nothing |
//! | [`mariadb`], [`mysql`] | a fresh database | one server per test binary |
//! | [`private_mariadb`], [`private_mysql`], and each `…_with` options | a server to kill, restart and pause | nothing |
//! | [`redis`] | a server to stop, start and pause | nothing |
//! | [`FaultProxy`] | a way to one of them that can be cut, hung, slowed and made to lose answers | nothing |
//!
//! **A missing server** skips the test with one line on standard error that no test runner captures. If
//! `HERMES_TEST_REQUIRE` lists it (`mariadb,mysql,mysqld,redis`, where `mysqld` is [`private_mysql`]) the test
//! fails instead.
//!
//! **Which server:** `HERMES_TEST_MARIADBD`, `HERMES_TEST_MYSQLD` and `HERMES_TEST_REDIS_SERVER` name a program;
//! otherwise the `PATH` and `/usr/sbin` are searched. `HERMES_TEST_MYSQL_URL` names a MySQL that already runs and
//! whose user may create databases; it is used for [`mysql`] only.
//!
//! **Nothing is left behind,** not even when the test process is killed with `SIGKILL`: every server and every
//! data folder has a guard process that waits for a pipe to close, and the kernel closes it whatever happens.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot get its server has to fail loudly"
)]

mod databases;
mod fault_proxy;
mod folder;
mod login;
mod mariadb;
mod memory_publisher;
mod mysql;
mod poll;
mod port;
mod program;
mod redis;
mod requirement;
mod resp;
mod sql_server;
mod sqlite;
mod supervised;
mod table_lock;
mod test_database;
mod user;

pub use databases::{mariadb, mysql};
pub use fault_proxy::{FaultProxy, Traffic};
pub use login::Login;
pub use mariadb::{private_mariadb, private_mariadb_with};
pub use memory_publisher::MemoryPublisher;
pub use mysql::{private_mysql, private_mysql_with};
pub use port::Port;
pub use redis::{RedisServer, redis};
pub use sql_server::SqlServer;
pub use sqlite::sqlite;
pub use table_lock::TableLock;
pub use test_database::TestDatabase;
