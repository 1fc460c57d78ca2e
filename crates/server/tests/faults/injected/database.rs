//! A database that is down, hung or read-only, or whose rows and tables are locked.

use sea_orm::{ConnectionTrait, TransactionTrait};

use super::setup::Setup;
use crate::support::poll;

#[actix_web::test]
async fn a_dead_database_leaves_reads_from_the_cache() {
    for mut setup in Setup::all("database down", "SIGKILL of the server").await {
        setup.server.kill();
        let seen = setup.portal.assert_only_reads_work(&["database-unavailable", "outcome-unknown"]).await;
        setup.server.restart().await;
        setup.finish(seen).await;
    }
}

#[actix_web::test]
async fn a_paused_database_leaves_reads_from_the_cache() {
    for mut setup in Setup::all("database hung", "SIGSTOP of the server").await {
        setup.server.pause();
        let seen = setup.portal.assert_only_reads_work(&["database-unavailable", "outcome-unknown"]).await;
        setup.server.resume();
        setup.finish(seen).await;
    }
}

#[actix_web::test]
async fn a_read_only_database_rejects_writes_only() {
    for setup in Setup::all("database read-only", "`SET GLOBAL read_only = 1`").await {
        setup.execute("SET GLOBAL read_only = 1").await;
        let seen = setup.portal.assert_only_reads_work(&["database-unavailable"]).await;
        // The portal has dropped its connections and opens others.
        let is_read = || async { setup.portal.read_database().await.status == 200 };
        poll(is_read, "a read from the read-only database").await;
        setup.execute("SET GLOBAL read_only = 0").await;
        setup.finish(seen).await;
    }
}

#[actix_web::test]
async fn a_locked_ledger_head_rejects_writes_in_time() {
    for setup in Setup::all("lock wait (1205)", "`SELECT … FOR UPDATE` of the ledger head").await {
        let lock = setup.owner.begin().await.unwrap();
        lock.execute_unprepared("SELECT * FROM ledger_head FOR UPDATE").await.unwrap();
        let seen = setup.portal.assert_only_reads_work(&["database-unavailable", "outcome-unknown"]).await;
        assert_eq!(setup.portal.read_database().await.status, 200);
        lock.rollback().await.unwrap();
        setup.finish(seen).await;
    }
}

#[actix_web::test]
async fn a_global_read_lock_rejects_writes_in_time() {
    for setup in Setup::all("global read lock", "`FLUSH TABLES WITH READ LOCK`").await {
        let lock = setup.server.lock_tables().await;
        let seen = setup.portal.assert_only_reads_work(&["database-unavailable", "outcome-unknown"]).await;
        assert_eq!(setup.portal.read_database().await.status, 200);
        lock.release().await;
        setup.finish(seen).await;
    }
}

/// The foreign transaction locks the totals, then waits for the head, which the portal has locked while it waits for
/// the totals. The foreign transaction has changed more rows, so the server ends that of the portal.
#[actix_web::test]
async fn a_deadlock_is_retried_without_an_error() {
    const TOTALS: &str = "SELECT * FROM payment_totals FOR UPDATE";
    for setup in Setup::all("deadlock (1213)", "a foreign transaction locks in the opposite order").await {
        setup.execute("CREATE TABLE foreign_rows (id INT PRIMARY KEY)").await;
        let retries = async || setup.portal.app.metrics().await.value("hermes_writer_retries_total", &[]);
        let before = retries().await;
        let foreign = setup.owner.begin().await.unwrap();
        let rows: Vec<_> = (0..2_000).map(|id| format!("({id})")).collect();
        foreign
            .execute_unprepared(&format!("INSERT INTO foreign_rows VALUES {}", rows.join(",")))
            .await
            .unwrap();
        foreign.execute_unprepared(TOTALS).await.unwrap();
        let lock_head = async {
            let is_waiting = || async { is_head_locked(&setup).await };
            poll(is_waiting, "the portal to lock the head").await;
            foreign.execute_unprepared("SELECT * FROM ledger_head FOR UPDATE").await.unwrap();
            foreign.rollback().await.unwrap();
        };
        let (written, ()) = tokio::join!(setup.portal.book(), lock_head);
        assert_eq!(written.status, 201, "{written}");
        assert!(retries().await > before, "no transaction was retried");
        let reads = setup.portal.read_list().await;
        assert_eq!(reads.status, 200);
        setup.finish_after(reads.to_string(), written.to_string(), None).await;
    }
}

/// Returns whether another transaction has locked the ledger head.
async fn is_head_locked(setup: &Setup) -> bool {
    let other = crate::support::rows::connect(&setup.environment).await;
    let locked = other.execute_unprepared("SELECT * FROM ledger_head FOR UPDATE NOWAIT").await.is_err();
    other.close().await.unwrap();
    locked
}
