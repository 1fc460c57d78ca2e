//! The change from the schema of the earlier release, with rows.

use hermes_domain::ledger::{AuditEntry, AuditHash, AuditSalt, ChainVerifier};
use hermes_domain::payment::PaymentId;
use hermes_migration::{Migrator, up};
use hermes_test_support::earlier_ledger::{self, EARLIER_STEPS, PAYMENTS};
use sea_orm::prelude::{DateTimeUtc, Uuid};
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};
use sea_orm_migration::MigratorTrait as _;

use crate::databases::{column, connect, each, step_count};

/// More than one chunk of the rebuild.
const ROWS: i64 = 2_005;

#[tokio::test]
async fn rows_of_the_earlier_release_are_preserved_and_their_chain_is_rebuilt() {
    for database in each().await {
        up(&database.url, Some(EARLIER_STEPS)).await.unwrap();
        let db = connect(&database).await;
        earlier_ledger::fill(&db, ROWS).await;
        let before = column::<Vec<u8>>(&db, "SELECT audit_hash FROM ledger_head").await.remove(0);

        let applied = up(&database.url, None).await.unwrap();
        assert_eq!(applied.len(), step_count() - usize::try_from(EARLIER_STEPS).unwrap());

        let db = connect(&database).await;
        let rows = audit_rows(&db).await;
        let mut chain = ChainVerifier::default();
        rows.iter().for_each(|row| chain.verify_next(row).unwrap());
        let after = column::<Vec<u8>>(&db, "SELECT audit_hash FROM ledger_head").await.remove(0);
        chain.finish(ROWS + 1, AuditHash(after.try_into().unwrap())).unwrap();
        let rebuild = rows.last().unwrap();
        assert_eq!((rebuild.action.as_str(), rebuild.actor.as_str()), ("CHAIN_REBUILT", "hermes migrate"));
        assert_eq!((rebuild.payment_id, rebuild.subject_type.as_str()), (None, "audit_log"));
        let hashes = [before, rows[rows.len() - 2].hash.0.to_vec()].map(|hash| hex(&hash));
        for (value, hash) in [&rebuild.old_value, &rebuild.new_value].into_iter().zip(hashes) {
            let expected = format!(r#"{{"audit_seq":{ROWS},"audit_hash":"{hash}"}}"#);
            assert_eq!(value.as_deref(), Some(expected.as_str()));
        }
        let salts: std::collections::HashSet<_> = rows.iter().map(|row| row.salt.unwrap().0).collect();
        assert_eq!(salts.len(), rows.len(), "each row has a salt of its own");

        for table in ["audit_log", "outbox", "idempotency_keys"] {
            let wrong = format!(
                "SELECT COUNT(*) FROM {table} WHERE payment_id IS NOT NULL \
                 AND NOT (subject_type = 'payment' AND subject_id = LOWER(HEX(payment_id)))"
            );
            assert_eq!(column::<i64>(&db, &wrong).await, [0], "{table}");
        }
        assert_eq!(column::<i64>(&db, "SELECT link_version FROM payments").await, [1; PAYMENTS]);
        assert_eq!(column::<i64>(&db, "SELECT access_seq FROM ledger_head").await, [0]);
        assert_eq!(column::<i64>(&db, "SELECT seq FROM ledger_head").await, [2], "caches see the change");
        assert_eq!(column::<i64>(&db, "SELECT COUNT(*) FROM outbox").await, [1]);
        assert!(db.execute_unprepared("SELECT * FROM audit_rebuild").await.is_err(), "the position remains");
    }
}

#[tokio::test]
async fn a_changed_row_of_the_earlier_release_prevents_the_rebuild() {
    for database in each().await {
        up(&database.url, Some(EARLIER_STEPS)).await.unwrap();
        let db = connect(&database).await;
        earlier_ledger::fill(&db, 20).await;
        db.execute_unprepared("DROP TRIGGER audit_log_no_update").await.unwrap();
        db.execute_unprepared("UPDATE audit_log SET actor = 'forger' WHERE seq = 7").await.unwrap();

        for _ in 0..2 {
            let error = up(&database.url, None).await.unwrap_err().to_string();
            assert!(error.contains("audit row 7 is missing or was changed"), "{error}");
        }

        let db = connect(&database).await;
        db.execute_unprepared("UPDATE audit_log SET actor = 'api' WHERE seq = 7").await.unwrap();
        up(&database.url, None).await.unwrap();
        assert_eq!(audit_rows(&connect(&database).await).await.len(), 21);
    }
}

#[tokio::test]
async fn a_missing_last_row_of_the_earlier_release_prevents_the_rebuild() {
    for database in each().await {
        up(&database.url, Some(EARLIER_STEPS)).await.unwrap();
        let db = connect(&database).await;
        earlier_ledger::fill(&db, 20).await;
        db.execute_unprepared("DROP TRIGGER audit_log_no_delete").await.unwrap();
        db.execute_unprepared("DELETE FROM audit_log WHERE seq = 20").await.unwrap();

        let error = up(&database.url, None).await.unwrap_err().to_string();
        assert!(error.contains("audit row 20 is missing or was changed"), "{error}");
    }
}

/// Before MySQL commits the record of the step, its statements are committed.
#[tokio::test]
async fn an_interrupted_change_of_the_tables_is_completed() {
    for database in each().await {
        up(&database.url, Some(EARLIER_STEPS + 1)).await.unwrap();
        let db = connect(&database).await;
        let step = &Migrator::migrations()[usize::try_from(EARLIER_STEPS).unwrap()];
        let forget = format!("DELETE FROM seaql_migrations WHERE version = '{}'", step.name());
        db.execute_unprepared(&forget).await.unwrap();
        up(&database.url, None).await.unwrap();
    }
}

pub async fn audit_rows(db: &DatabaseConnection) -> Vec<AuditEntry> {
    let sql = "SELECT seq, payment_id, subject_type, subject_id, action, actor, salt, reason, old_value, new_value, \
               user_agent, ip_address, created_at, hash FROM audit_log ORDER BY seq";
    let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await.unwrap();
    let entry = |row: &sea_orm::QueryResult| AuditEntry {
        seq: row.try_get_by_index(0).unwrap(),
        payment_id: row.try_get_by_index::<Option<Uuid>>(1).unwrap().map(PaymentId),
        subject_type: row.try_get_by_index(2).unwrap(),
        subject_id: row.try_get_by_index(3).unwrap(),
        action: row.try_get_by_index(4).unwrap(),
        actor: row.try_get_by_index(5).unwrap(),
        salt: row
            .try_get_by_index::<Option<Vec<u8>>>(6)
            .unwrap()
            .map(|salt| AuditSalt(salt.try_into().unwrap())),
        reason: row.try_get_by_index(7).unwrap(),
        old_value: row.try_get_by_index(8).unwrap(),
        new_value: row.try_get_by_index(9).unwrap(),
        user_agent: row.try_get_by_index(10).unwrap(),
        ip_address: row.try_get_by_index(11).unwrap(),
        created_at: row.try_get_by_index::<DateTimeUtc>(12).unwrap(),
        hash: AuditHash(row.try_get_by_index::<Vec<u8>>(13).unwrap().try_into().unwrap()),
    };
    rows.iter().map(entry).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
