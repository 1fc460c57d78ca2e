use hermes_migration::{down, fresh, pending, up};
use sea_orm::{ConnectionTrait, prelude::DateTimeUtc};

use crate::databases::{column, connect, describe, each, pairs, step_count, tables};

const TABLES: [&str; 21] = [
    "access_keys",
    "access_secrets",
    "access_uses",
    "allocations",
    "audit_log",
    "cache_signing_key",
    "event_relay",
    "idempotency_keys",
    "ledger_head",
    "mail_messages",
    "mail_sender",
    "outbox",
    "payment_totals",
    "payments",
    "receipts",
    "refunds",
    "seaql_migrations",
    "statement_imports",
    "statement_lines",
    "statement_matches",
    "validation_results",
];

#[tokio::test]
async fn down_reverts_to_the_last_irreversible_step_and_up_recreates_the_same_schema() {
    for database in each().await {
        let applied = up(&database.url, None).await.unwrap();
        let db = connect(&database).await;
        assert_eq!(tables(&db).await, TABLES);
        let first = describe(&db).await;

        let error = down(&database.url, None).await.unwrap_err().to_string();
        assert!(error.contains("m20261130_000026_add_due_date_and_language cannot be reverted"), "{error}");
        let without_revertible: Vec<_> = TABLES
            .into_iter()
            .filter(|table| !table.starts_with("mail_") && !table.starts_with("statement_"))
            .collect();
        assert_eq!(tables(&db).await, without_revertible);

        assert_eq!(up(&database.url, None).await.unwrap(), applied[26..]);
        assert_eq!(describe(&db).await, first);
    }
}

#[tokio::test]
async fn steps_can_be_applied_and_reverted_one_at_a_time() {
    for database in each().await {
        assert_eq!(up(&database.url, Some(1)).await.unwrap(), ["m20261122_000001_create_payments"]);
        assert_eq!(up(&database.url, Some(2)).await.unwrap().len(), 2);
        assert_eq!(down(&database.url, Some(1)).await.unwrap(), ["m20261122_000003_create_audit_log"]);
        let db = connect(&database).await;
        assert_eq!(tables(&db).await, ["payments", "seaql_migrations", "validation_results"]);
        assert_eq!(pending(&db).await.unwrap(), step_count() - 2);
    }
}

#[tokio::test]
async fn up_on_a_current_schema_does_nothing() {
    for database in each().await {
        up(&database.url, None).await.unwrap();
        assert!(up(&database.url, None).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn the_ledger_starts_at_zero_and_references_start_at_one() {
    for database in each().await {
        up(&database.url, None).await.unwrap();
        let db = connect(&database).await;
        let numbers = "SELECT seq FROM ledger_head WHERE id = 1 AND next_reference = 1 AND audit_seq = 0 \
                       AND event_seq = 0";
        assert_eq!(column::<i64>(&db, numbers).await, [0]);
        assert_eq!(column::<Vec<u8>>(&db, "SELECT token FROM ledger_head").await, [vec![0; 16]]);
        assert_eq!(column::<Vec<u8>>(&db, "SELECT audit_hash FROM ledger_head").await, [vec![0; 32]]);
        let advanced_at = column::<DateTimeUtc>(&db, "SELECT advanced_at FROM ledger_head").await;
        assert_eq!(advanced_at, [DateTimeUtc::UNIX_EPOCH]);
    }
}

#[tokio::test]
async fn each_database_draws_its_own_cache_signing_key() {
    for (one, other) in pairs().await {
        let mut secrets = Vec::new();
        for database in [one, other] {
            up(&database.url, None).await.unwrap();
            secrets.extend(
                column::<Vec<u8>>(&connect(&database).await, "SELECT secret FROM cache_signing_key").await,
            );
        }
        assert_eq!(secrets.iter().map(Vec::len).collect::<Vec<_>>(), [32, 32]);
        assert_ne!(secrets[0], secrets[1]);
    }
}

#[tokio::test]
async fn fresh_drops_every_table_and_recreates_the_schema() {
    for database in each().await {
        up(&database.url, None).await.unwrap();
        let db = connect(&database).await;
        db.execute_unprepared("CREATE TABLE left_over (id INT)").await.unwrap();
        db.execute_unprepared("UPDATE ledger_head SET seq = 7").await.unwrap();

        fresh(&database.url).await.unwrap();

        let db = connect(&database).await;
        assert_eq!(tables(&db).await, TABLES);
        assert_eq!(column::<i64>(&db, "SELECT seq FROM ledger_head").await, [0]);
    }
}

#[tokio::test]
async fn a_table_without_a_recorded_step_is_not_touched() {
    for database in each().await {
        let db = connect(&database).await;
        db.execute_unprepared("CREATE TABLE payments (id INT)").await.unwrap();

        let error = up(&database.url, None).await.unwrap_err().to_string();

        assert!(error.contains("table payments exists"), "{error}");
        db.execute_unprepared("DROP TABLE payments").await.unwrap();
        assert_eq!(up(&database.url, None).await.unwrap().len(), step_count());
    }
}
