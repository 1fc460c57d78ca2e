//! The change to receipts, with payments that have received money.

use hermes_domain::ledger::{AuditHash, ChainVerifier};
use hermes_domain::receipt::{Receipt, ReceiptSource, ReceiptStatus};
use hermes_migration::up;
use hermes_test_support::earlier_ledger::{self, EARLIER_STEPS};
use sea_orm::{ConnectionTrait, DatabaseConnection};

use crate::databases::{column, connect, each};
use crate::erasure_schema::audit_rows;

/// Audit rows of the earlier release.
const ROWS: i64 = 20;

/// Two payments of 1,050.00 dollars received 1,050.00 and 10.00.
async fn receive_money(db: &DatabaseConnection) {
    for statement in [
        "UPDATE payments SET amount_received = final_amount, status = 'EXACT' WHERE reference = 'REF001'",
        "UPDATE payments SET amount_received = 1000, status = 'UNDERPAYMENT' WHERE reference = 'REF003'",
    ] {
        db.execute_unprepared(statement).await.unwrap();
    }
}

#[tokio::test]
async fn each_amount_received_becomes_one_receipt_that_is_allocated_and_audited() {
    for database in each().await {
        up(&database.url, Some(EARLIER_STEPS)).await.unwrap();
        let db = connect(&database).await;
        earlier_ledger::fill(&db, ROWS).await;
        receive_money(&db).await;

        up(&database.url, None).await.unwrap();

        let db = connect(&database).await;
        let numbers = |sql| column::<i64>(&db, sql);
        let received = "SELECT amount_received FROM payments WHERE amount_received > 0 ORDER BY reference";
        let amounts = numbers(received).await;
        assert_eq!(amounts.len(), 2);
        assert_eq!(numbers("SELECT amount FROM receipts ORDER BY seq").await, amounts);
        assert_eq!(numbers("SELECT allocated FROM receipts ORDER BY seq").await, amounts);
        assert_eq!(numbers("SELECT amount FROM allocations ORDER BY receipt_seq").await, amounts);
        assert_eq!(numbers("SELECT next_receipt FROM ledger_head").await, [3]);
        assert_eq!(numbers("SELECT receipts FROM payment_totals").await, [amounts.iter().sum::<i64>()]);

        let rows = audit_rows(&db).await;
        let mut chain = ChainVerifier::default();
        rows.iter().for_each(|row| chain.verify_next(row).unwrap());
        let hash = column::<Vec<u8>>(&db, "SELECT audit_hash FROM ledger_head").await.remove(0);
        chain.finish(ROWS + 3, AuditHash(hash.try_into().unwrap())).unwrap();
        let stored = column::<String>(&db, "SELECT number FROM receipts ORDER BY seq").await;
        for ((row, number), amount) in rows.iter().rev().take(2).rev().zip(&stored).zip(&amounts) {
            assert_eq!((row.action.as_str(), &row.subject_id), ("RECEIPT_RECORDED", number));
            let text = row.new_value.as_ref().unwrap();
            let receipt: Receipt = serde_json::from_str(text).unwrap();
            assert_eq!(&serde_json::to_string(&receipt).unwrap(), text, "the ledger writes another form");
            assert_eq!(
                (receipt.source, receipt.status()),
                (ReceiptSource::Migration, ReceiptStatus::Settled)
            );
            assert_eq!((receipt.amount.minor(), receipt.number.to_string()), (*amount, number.clone()));
        }
    }
}

/// The step is repeated after an interruption before its record.
#[tokio::test]
async fn a_repeated_step_records_nothing_twice() {
    for database in each().await {
        up(&database.url, Some(EARLIER_STEPS)).await.unwrap();
        let db = connect(&database).await;
        earlier_ledger::fill(&db, ROWS).await;
        receive_money(&db).await;
        up(&database.url, None).await.unwrap();
        let db = connect(&database).await;
        let step = "m20261130_000025_record_earlier_receipts";
        db.execute_unprepared(&format!("DELETE FROM seaql_migrations WHERE version = '{step}'"))
            .await
            .unwrap();
        up(&database.url, None).await.unwrap();
        assert_eq!(column::<i64>(&connect(&database).await, "SELECT COUNT(*) FROM receipts").await, [2]);
    }
}
