//! Rows as the release before the erasable audit log wrote them.
#![expect(clippy::indexing_slicing, reason = "a missing row fails the test")]

use chrono::{DateTime, TimeDelta, Utc};
use hermes_domain::ledger::{Effect, RecordedPayment};
use hermes_domain::payment::Payment;
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement, Value};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use crate::builders::book;
use crate::{MemoryLedger, NOON};

/// The number of steps of the schema of that release.
pub const EARLIER_STEPS: u32 = 14;

/// The number of payments that [`fill`] inserts.
pub const PAYMENTS: usize = 10;

/// Audit rows of all payments in turn. Further rows belong to the last payment, so that the others have a history of
/// hundreds of changes however many rows there are.
const SPREAD_ROWS: i64 = 6_500;

/// Rows per statement.
const CHUNK_ROWS: usize = 500;

/// Fills the schema of the earlier release with payments, one event, one idempotency record, and `rows` audit rows.
///
/// # Panics
/// If a statement fails.
pub async fn fill(db: &DatabaseConnection, rows: i64) {
    let mut ledger = MemoryLedger::new();
    for number in 0..PAYMENTS {
        ledger.execute_one(book(&format!("canary{number}@example.org"), "1000"));
    }
    for payment in &ledger.payments {
        insert_payment(db, payment).await;
    }
    insert_totals(db, &ledger).await;
    let hash = insert_audit_rows(db, &ledger.payments, rows).await;
    let first = &ledger.payments[0];
    let event = &ledger.events[0];
    let columns = "seq, batch_token, event_type, payment_id, payload, created_at";
    let values: [Value; 6] = [
        1.into(),
        vec![7_u8; 16].into(),
        event.kind.as_str().into(),
        first.id.0.into(),
        event.payload.clone().into(),
        event.occurred_at.into(),
    ];
    insert(db, "outbox", columns, &[values.into()]).await;
    let outcome = RecordedPayment { effect: Effect::Booked, payment: first.clone() };
    let columns = "scope_hash, fingerprint, payment_id, outcome, created_at";
    let values: [Value; 5] = [
        vec![1_u8; 32].into(),
        vec![2_u8; 32].into(),
        first.id.0.into(),
        without_link(json!(outcome)).to_string().into(),
        first.created_at.into(),
    ];
    insert(db, "idempotency_keys", columns, &[values.into()]).await;
    let head = "UPDATE ledger_head SET seq = 1, token = ?, next_reference = ?, audit_seq = ?, audit_hash = ?, \
                event_seq = 1, advanced_at = ?";
    let next = i64::try_from(PAYMENTS).unwrap() + 1;
    let values: [Value; 5] =
        [vec![7_u8; 16].into(), next.into(), rows.into(), hash.to_vec().into(), created_at(rows).into()];
    execute(db, head, values.into()).await;
}

/// Appends audit rows in the chain of the earlier release. Returns the last hash.
async fn insert_audit_rows(db: &DatabaseConnection, payments: &[Payment], rows: i64) -> [u8; 32] {
    let states: Vec<String> =
        payments.iter().map(|payment| without_link(json!(payment)).to_string()).collect();
    let (mut hash, mut chunk) = ([0; 32], Vec::new());
    let columns = "seq, payment_id, action, actor, reason, old_value, new_value, user_agent, ip_address, created_at, hash";
    for seq in 1..=rows {
        let index =
            if seq <= SPREAD_ROWS { usize::try_from(seq - 1).unwrap() % PAYMENTS } else { PAYMENTS - 1 };
        let is_booking = usize::try_from(seq).unwrap() <= PAYMENTS;
        let texts = [
            Some(if is_booking { "PAYMENT_BOOKED" } else { "PAYMENT_CORRECTED" }),
            Some("api"),
            (!is_booking).then_some("canary reason"),
            (!is_booking).then_some(states[index].as_str()),
            Some(states[index].as_str()),
            Some("canary agent"),
            Some("192.0.2.1"),
        ];
        hash = earlier_hash(hash, seq, payments[index].id.0.as_bytes(), texts);
        let mut values: Vec<Value> = vec![seq.into(), payments[index].id.0.into()];
        values.extend(texts.map(|text| text.map(str::to_owned).into()));
        values.extend([created_at(seq).into(), hash.to_vec().into()]);
        chunk.push(values);
        if chunk.len() == CHUNK_ROWS || seq == rows {
            insert(db, "audit_log", columns, &std::mem::take(&mut chunk)).await;
        }
    }
    hash
}

fn earlier_hash(last_hash: [u8; 32], seq: i64, payment_id: &[u8], texts: [Option<&str>; 7]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(last_hash);
    hasher.update(seq.to_be_bytes());
    hasher.update(payment_id);
    hasher.update(created_at(seq).timestamp_micros().to_be_bytes());
    for text in texts {
        let length = text.map_or(0, |text| u64::try_from(text.len()).unwrap() + 1);
        hasher.update(length.to_be_bytes());
        hasher.update(text.unwrap_or_default());
    }
    hasher.finalize().into()
}

fn created_at(seq: i64) -> DateTime<Utc> {
    NOON + TimeDelta::microseconds(seq)
}

/// Removes the fields that the earlier release did not have.
fn without_link(mut state: Json) -> Json {
    let payment = if state.get("payment").is_some() { &mut state["payment"] } else { &mut state };
    let fields = payment.as_object_mut().unwrap();
    fields.remove("link_version");
    fields.remove("link_expires_at");
    fields.remove("due_on");
    fields.remove("language");
    state
}

async fn insert_payment(db: &DatabaseConnection, payment: &Payment) {
    let columns = "id, reference, page_token, name, email, email_key, currency_from, amount, amount_received, \
                   fee_amount, final_amount, fee_rate_bps, fee_rule, fee_bearer, status, validation_status, version, \
                   created_at, updated_at";
    let values: [Value; 19] = [
        payment.id.0.into(),
        payment.reference.to_string().into(),
        vec![9_u8; 16].into(),
        payment.details.name.clone().into(),
        payment.details.email.clone().into(),
        payment.details.email_key().into(),
        payment.amount.currency().code().into(),
        payment.amount.minor().into(),
        0.into(),
        payment.fee.amount.minor().into(),
        payment.final_amount().minor().into(),
        i32::from(payment.fee.rate.get()).into(),
        payment.fee.rule.clone().into(),
        "PAYER".into(),
        payment.status().as_str().into(),
        payment.validation_status().as_str().into(),
        payment.version.into(),
        payment.created_at.into(),
        payment.updated_at.into(),
    ];
    insert(db, "payments", columns, &[values.into()]).await;
    let check = |check: &hermes_domain::payment::Check| -> Vec<Value> {
        vec![
            payment.id.0.into(),
            check.kind.as_str().into(),
            check.result.as_str().into(),
            check.message.to_string().into(),
            payment.updated_at.into(),
        ]
    };
    let checks: Vec<_> = payment.checks.iter().map(check).collect();
    insert(
        db,
        "validation_results",
        "payment_id, check_type, check_result, check_message, created_at",
        &checks,
    )
    .await;
}

async fn insert_totals(db: &DatabaseConnection, ledger: &MemoryLedger) {
    let columns = "currency_from, payments, passed, flagged, cancelled, above_threshold, amount_outstanding, amount_received";
    let row = |totals: &hermes_domain::ledger::Totals| -> Vec<Value> {
        vec![
            totals.currency.code().into(),
            totals.payments.into(),
            totals.passed.into(),
            totals.flagged.into(),
            totals.cancelled.into(),
            totals.above_threshold.into(),
            totals.outstanding_minor.into(),
            totals.received_minor.into(),
        ]
    };
    let rows: Vec<_> = ledger.totals.values().map(row).collect();
    insert(db, "payment_totals", columns, &rows).await;
}

async fn insert(db: &DatabaseConnection, table: &str, columns: &str, rows: &[Vec<Value>]) {
    let row = format!("({})", vec!["?"; rows[0].len()].join(", "));
    let sql = format!("INSERT INTO {table} ({columns}) VALUES {}", vec![row; rows.len()].join(", "));
    execute(db, &sql, rows.concat()).await;
}

async fn execute(db: &DatabaseConnection, sql: &str, values: Vec<Value>) {
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    db.execute_raw(statement).await.unwrap();
}
