//! The ledger store, the reader and the outbox on real databases: SQLite, MariaDB and MySQL.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "clippy exempts test functions, but not the functions that tests share"
)]

mod audit;
mod batches;
mod bookings;
mod commit_outcome;
mod dropped_callers;
mod duplicates;
mod durability;
mod erasure;
mod faults;
mod filters;
mod idempotency;
mod keys;
mod ledger;
mod lists;
mod locking;
mod mail;
mod outbox;
mod pools;
mod receipts;
mod recorder;
mod rejections;
mod round_trip;
mod rules;
mod statement_counts;
mod updates;

/// Runs each test on SQLite, MariaDB and MySQL. A test without its server reports this and passes.
macro_rules! on_each_database {
    ($($(#[$meta:meta])* async fn $name:ident($ledger:ident: $type:ty) $body:block)*) => {
        $($(#[$meta])* mod $name {
            #[allow(unused_imports, reason = "a test may need only some imports of its file")]
            use super::*;

            async fn check($ledger: $type) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                check(&$crate::ledger::TestLedger::on_sqlite().await).await;
            }

            $crate::server_tests!(
                $crate::ledger::TestLedger::on_mariadb(),
                $crate::ledger::TestLedger::on_mysql(),
                ledger => &ledger
            );
        })*
    };
}
pub(crate) use on_each_database;

/// Runs each test on MariaDB and MySQL.
macro_rules! on_each_server {
    ($($(#[$meta:meta])* async fn $name:ident($ledger:ident: $type:ty) $body:block)*) => {
        $($(#[$meta])* mod $name {
            #[allow(unused_imports, reason = "a test may need only some imports of its file")]
            use super::*;

            async fn check($ledger: $type) $body

            $crate::server_tests!(
                $crate::ledger::TestLedger::on_mariadb(),
                $crate::ledger::TestLedger::on_mysql(),
                ledger => &ledger
            );
        })*
    };
}
pub(crate) use on_each_server;

/// Runs each test on a private MariaDB server and a private MySQL server, which the test may stop or reconfigure.
macro_rules! on_private_servers {
    ($($(#[$meta:meta])* async fn $name:ident($server:ident: SqlServer) $body:block)*) => {
        $($(#[$meta])* mod $name {
            #[allow(unused_imports, reason = "a test may need only some imports of its file")]
            use super::*;

            async fn check($server: SqlServer) $body

            $crate::server_tests!(
                hermes_test_support::private_mariadb(),
                hermes_test_support::private_mysql(),
                server => server
            );
        })*
    };
}
pub(crate) use on_private_servers;

macro_rules! server_tests {
    ($mariadb:expr, $mysql:expr, $subject:ident => $argument:expr) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn on_mariadb() {
            if let Some($subject) = $mariadb.await {
                check($argument).await;
            }
        }

        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn on_mysql() {
            if let Some($subject) = $mysql.await {
                check($argument).await;
            }
        }
    };
}
pub(crate) use server_tests;
