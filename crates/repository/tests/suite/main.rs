//! The ledger store and the reader on the real databases: SQLite, MariaDB and MySQL.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "clippy knows the functions that the tests share only as functions"
)]

mod altering;
mod audit;
mod batch;
mod cancellation;
mod duplicates;
mod faults;
mod filters;
mod idempotency;
mod lane;
mod ledger;
mod locking;
mod neighbours;
mod outbox;
mod outcome;
mod paging;
mod payers;
mod pools;
mod recorder;
mod refusals;
mod round_trip;
mod rules;
mod snapshot;
mod totals;

/// Makes of each test one for SQLite, one for MariaDB and one for MySQL; a missing server skips its own aloud.
macro_rules! on_each_database {
    ($($(#[$meta:meta])* async fn $name:ident($ledger:ident: $type:ty) $body:block)*) => {
        $($(#[$meta])* mod $name {
            #[allow(unused_imports, reason = "not every test needs all that its file imports")]
            use super::*;

            async fn check($ledger: $type) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                check(&$crate::ledger::TestLedger::on_sqlite().await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_mariadb() {
                if let Some(ledger) = $crate::ledger::TestLedger::on_mariadb().await {
                    check(&ledger).await;
                }
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_mysql() {
                if let Some(ledger) = $crate::ledger::TestLedger::on_mysql().await {
                    check(&ledger).await;
                }
            }
        })*
    };
}
pub(crate) use on_each_database;
