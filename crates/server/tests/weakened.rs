//! A database that may lose what was acknowledged, or lets the audit log be changed, is told of at the start and by
//! `hermes doctor`.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed"
)]

mod support;

use hermes_test_support::private_mariadb;
use sea_orm::ConnectionTrait;
use support::{Hermes, Stage, rows};

#[actix_web::test]
async fn a_mariadb_that_may_lose_commits_is_warned_about() {
    let Some(server) = private_mariadb().await else { return };
    let stage = Stage::on(server.create_database().await, None);
    let root = rows::connect(&stage).await;
    root.execute_unprepared("SET GLOBAL innodb_flush_log_at_trx_commit = 2").await.unwrap();

    let mut hermes = Hermes::start(&stage).await;
    let warning =
        "acknowledged payments can be lost: innodb_flush_log_at_trx_commit is 2: a crash of the server";
    assert!(hermes.log().contains(warning), "{}", hermes.log());
    assert!(!hermes.log().contains("sync_binlog"), "there is no binary log: {}", hermes.log());
    let looked_at = doctor(&hermes);
    assert!(looked_at.contains("WRONG  durability: innodb_flush_log_at_trx_commit is 2: "), "{looked_at}");

    root.execute_unprepared("SET GLOBAL innodb_flush_log_at_trx_commit = 1").await.unwrap();
    hermes.kill();
    std::fs::remove_file(stage.folder.path().join("hermes.log")).unwrap();
    hermes.restart().await;
    assert!(!hermes.log().contains("can be lost"), "{}", hermes.log());
    let looked_at = doctor(&hermes);
    assert!(looked_at.contains("ok     durability: what is acknowledged survives a crash"), "{looked_at}");
}

#[actix_web::test]
async fn an_audit_log_that_lacks_a_trigger_is_told_of() {
    let stage = Stage::embedded().await.unwrap();
    let hermes = Hermes::start(&stage).await;
    let looked_at = doctor(&hermes);
    assert!(looked_at.contains("ok     audit log: triggers refuse changes"), "{looked_at}");
    assert!(looked_at.contains("ok     durability: "), "{looked_at}");
    let database = rows::connect(&stage).await;
    for name in ["audit_log_no_update", "audit_log_no_delete", "audit_log_no_replace"] {
        database.execute_unprepared(&format!("DROP TRIGGER {name}")).await.unwrap();
        let looked_at = doctor(&hermes);
        assert!(looked_at.contains("WRONG  audit log: nothing refuses changes"), "{name}: {looked_at}");
        let again = format!("CREATE TRIGGER {name} BEFORE DELETE ON audit_log BEGIN SELECT 1; END");
        database.execute_unprepared(&again).await.unwrap();
    }
    database.close().await.unwrap();
}

fn doctor(hermes: &Hermes) -> String {
    String::from_utf8(hermes.run(&["doctor"]).stdout).unwrap()
}
