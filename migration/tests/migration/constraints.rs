use hermes_migration::up;
use hermes_test_support::TestDatabase;
use sea_orm::{ConnectionTrait, DatabaseConnection};

use crate::databases::{column, connect, each, insert_payment};

/// Invalid changes, and the name of the violated constraint.
const REJECTED: [(&str, &str); 20] = [
    ("payments SET amount = 0, final_amount = 500", "payments_amount_range"),
    ("payments SET amount = 10000000000001, final_amount = 10000000000501", "payments_amount_range"),
    ("payments SET fee_amount = -1, final_amount = 9999", "payments_fee_not_negative"),
    ("payments SET final_amount = 10501", "payments_final_amount_is_sum"),
    ("payments SET amount_received = -1", "payments_received_range"),
    ("payments SET amount_received = 10000000000001", "payments_received_range"),
    ("payments SET fee_rate_bps = -1", "payments_fee_rate_range"),
    ("payments SET fee_rate_bps = 10001", "payments_fee_rate_range"),
    ("payments SET fee_bearer = 'payer'", "payments_fee_bearer_known"),
    ("payments SET fee_bearer = ''", "payments_fee_bearer_known"),
    ("payments SET status = 'PAID'", "payments_status_known"),
    ("payments SET status = 'pending'", "payments_status_known"),
    ("payments SET validation_status = 'OK'", "payments_validation_status_known"),
    ("payments SET version = 0", "payments_version_positive"),
    ("validation_results SET check_result = 'MAYBE'", "validation_results_result_known"),
    ("validation_results SET check_result = 'passed'", "validation_results_result_known"),
    ("ledger_head SET id = 2", "ledger_head_single_row"),
    ("ledger_head SET next_reference = 0", "ledger_head_next_reference_positive"),
    ("validation_results SET payment_id = X'99999999999999999999999999999999'", ""),
    ("payments SET id = X'99999999999999999999999999999999'", ""),
];

const ACCEPTED: [&str; 5] = [
    "payments SET amount = 1, fee_amount = 0, final_amount = 1, fee_rate_bps = 0",
    "payments SET amount = 10000000000000, fee_amount = 500, final_amount = 10000000000500",
    "payments SET amount_received = 10000000000000, status = 'OVERPAYMENT'",
    "payments SET fee_rate_bps = 10000, fee_bearer = 'INSTITUTION', validation_status = 'FLAGGED'",
    "ledger_head SET next_reference = 2",
];

#[tokio::test]
async fn an_invalid_row_is_rejected_and_the_constraint_is_named() {
    for database in each().await {
        let db = with_one_payment(&database).await;
        for (change, constraint) in REJECTED {
            let error = db.execute_unprepared(&format!("UPDATE {change}")).await;
            let error = error.expect_err(change).to_string();
            assert!(error.contains(constraint), "{change}: {error}");
        }
    }
}

#[tokio::test]
async fn a_row_at_the_limits_is_accepted() {
    for database in each().await {
        let db = with_one_payment(&database).await;
        for change in ACCEPTED {
            db.execute_unprepared(&format!("UPDATE {change}")).await.expect(change);
        }
    }
}

#[tokio::test]
async fn references_are_unique_and_case_sensitive() {
    for database in each().await {
        let db = with_one_payment(&database).await;
        insert_payment(&db, 2, "ref001").await.unwrap();
        assert!(insert_payment(&db, 3, "REF001").await.is_err());
        let found = "SELECT reference FROM payments WHERE reference = 'REF001'";
        assert_eq!(column::<String>(&db, found).await, ["REF001"]);
    }
}

#[tokio::test]
async fn e_mail_keys_are_compared_exactly() {
    for database in each().await {
        let db = with_one_payment(&database).await;
        for (key, payers) in [("ada@example.org", 1), ("ADA@example.org", 0), ("adá@example.org", 0)] {
            let sql = format!("SELECT COUNT(*) FROM payments WHERE email_key = '{key}'");
            assert_eq!(column::<i64>(&db, &sql).await, [payers], "{key}");
        }
    }
}

async fn with_one_payment(database: &TestDatabase) -> DatabaseConnection {
    up(&database.url, None).await.unwrap();
    let db = connect(database).await;
    insert_payment(&db, 1, "REF001").await.unwrap();
    db.execute_unprepared(
        "INSERT INTO validation_results (payment_id, check_type, check_result, check_message, created_at)
         VALUES (X'00000000000000000000000000000001', 'INVALID_EMAIL', 'PASSED', '', '2026-11-22 10:00:00.123456')",
    )
    .await
    .unwrap();
    db
}
