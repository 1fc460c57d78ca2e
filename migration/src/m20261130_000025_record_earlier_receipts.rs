//! Records a receipt for the amount received of each payment of an earlier release, allocated to the payment and audited.
//!
//! A chunk of payments takes one transaction. A payment that has an allocation is finished, so the next run continues where
//! an interrupted run stopped. The payments themselves do not change.

use sea_orm::prelude::{DateTimeUtc, Uuid};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, QueryResult, Statement, TryGetable, Value};
use sea_orm_migration::SchemaManager;

use crate::m20261130_000016_rebuild_audit_chain::row::{Hash, Row};
use crate::step::{Change, CodeResult, Step};

pub(crate) const STEP: Step = Step {
    name: "m20261130_000025_record_earlier_receipts",
    change: Change::Code { run, tables: &["payments"] },
};

/// Payments per transaction.
const CHUNK_ROWS: i64 = 500;

fn run<'a>(manager: &'a SchemaManager<'a>) -> CodeResult<'a> {
    Box::pin(async move {
        while record_chunk(manager).await? {}
        Ok(())
    })
}

/// The counters of the ledger head that a receipt advances.
struct Head {
    next_receipt: i64,
    audit_seq: i64,
    audit_hash: Hash,
    now: DateTimeUtc,
}

/// A payment with money, and no receipt.
struct Payment {
    id: Uuid,
    reference: String,
    currency: String,
    received: i64,
    /// The last change, which is the latest possible day of the receipt.
    updated_at: DateTimeUtc,
}

/// Records the receipts of the next payments. Returns whether there were any.
async fn record_chunk(manager: &SchemaManager<'_>) -> Result<bool, DbErr> {
    let transaction = manager.begin().await?;
    let mut head = lock_head(&transaction).await?;
    let payments = payments_without_receipt(&transaction).await?;
    for payment in &payments {
        record(&transaction, &mut head, payment).await?;
    }
    if !payments.is_empty() {
        execute(
            &transaction,
            "UPDATE ledger_head SET seq = seq + 1, token = ?, next_receipt = ?, audit_seq = ?, audit_hash = ?, \
             advanced_at = ? WHERE id = 1",
            [
                Uuid::new_v4().into(),
                head.next_receipt.into(),
                head.audit_seq.into(),
                head.audit_hash.to_vec().into(),
                head.now.into(),
            ],
        )
        .await?;
    }
    transaction.commit().await?;
    Ok(!payments.is_empty())
}

async fn lock_head(transaction: &SchemaManager<'_>) -> Result<Head, DbErr> {
    let lock = match transaction.get_database_backend() {
        DbBackend::Sqlite => "",
        _ => " FOR UPDATE",
    };
    let select = format!(
        "SELECT next_receipt, audit_seq, audit_hash, advanced_at FROM ledger_head WHERE id = 1{lock}"
    );
    let row = transaction.get_connection().query_one_raw(statement(transaction, &select, [])).await?;
    let row = row.ok_or_else(|| DbErr::RecordNotFound(select))?;
    let hash: Vec<u8> = at(&row, 2)?;
    let now = chrono::Utc::now();
    let now = DateTimeUtc::from_timestamp_micros(now.timestamp_micros()).unwrap_or(now);
    Ok(Head {
        next_receipt: at(&row, 0)?,
        audit_seq: at(&row, 1)?,
        audit_hash: hash.try_into().map_err(|_| DbErr::Type("a hash has 32 bytes".to_owned()))?,
        now: now.max(at::<DateTimeUtc>(&row, 3)? + chrono::TimeDelta::microseconds(1)),
    })
}

async fn payments_without_receipt(transaction: &SchemaManager<'_>) -> Result<Vec<Payment>, DbErr> {
    let select = "SELECT id, reference, currency_from, amount_received, updated_at FROM payments \
                  WHERE amount_received > 0 \
                  AND NOT EXISTS (SELECT 1 FROM allocations WHERE allocations.payment_id = payments.id) \
                  ORDER BY created_at, id LIMIT ?";
    let rows =
        transaction.get_connection().query_all_raw(statement(transaction, select, [CHUNK_ROWS.into()]));
    let payment = |row: QueryResult| {
        Ok(Payment {
            id: at(&row, 0)?,
            reference: at(&row, 1)?,
            currency: at(&row, 2)?,
            received: at(&row, 3)?,
            updated_at: at(&row, 4)?,
        })
    };
    rows.await?.into_iter().map(payment).collect()
}

/// Records the receipt of one payment.
async fn record(transaction: &SchemaManager<'_>, head: &mut Head, payment: &Payment) -> Result<(), DbErr> {
    let seq = head.next_receipt;
    let number = format!("RCT-{}-{seq:06}", head.now.format("%Y"));
    let value_date = payment.updated_at.date_naive();
    execute(
        transaction,
        "INSERT INTO receipts (seq, number, currency, amount, value_date, source, allocations_made, status, version, \
         created_at, updated_at, allocated, credit, refunds_reserved, refunded, surplus_written_off, refunds_due) \
         VALUES (?, ?, ?, ?, ?, 'migration', 1, 'SETTLED', 1, ?, ?, ?, 0, 0, 0, 0, 0)",
        [
            seq.into(),
            number.clone().into(),
            payment.currency.clone().into(),
            payment.received.into(),
            value_date.into(),
            head.now.into(),
            head.now.into(),
            payment.received.into(),
        ],
    )
    .await?;
    execute(
        transaction,
        "INSERT INTO allocations (receipt_seq, id, payment_id, reference, amount, created_at) VALUES (?, 1, ?, ?, ?, ?)",
        [
            seq.into(),
            payment.id.into(),
            payment.reference.clone().into(),
            payment.received.into(),
            head.now.into(),
        ],
    )
    .await?;
    execute(
        transaction,
        "UPDATE payment_totals SET receipts = receipts + ? WHERE currency_from = ?",
        [payment.received.into(), payment.currency.clone().into()],
    )
    .await?;
    head.next_receipt += 1;
    let state = state(head.now, &number, value_date, payment);
    append_audit_row(transaction, head, number, state).await
}

/// Returns the receipt as JSON, as the ledger writes it into the audit log.
fn state(now: DateTimeUtc, number: &str, value_date: chrono::NaiveDate, payment: &Payment) -> String {
    let Payment { id, reference, currency, received, .. } = payment;
    let now = now.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true);
    let money = |minor: i64| format!(r#"{{"minor":{minor},"currency":"{currency}"}}"#);
    let (amount, zero) = (money(*received), money(0));
    format!(
        r#"{{"number":"{number}","amount":{amount},"value_date":"{value_date}","source":"migration","statement_line":null,"details":{{"bank_id":null,"payer_text":null,"payer_account":null,"note":null}},"allocations":[{{"id":1,"payment":"{id}","reference":"{reference}","amount":{amount},"created_at":"{now}"}}],"allocations_made":1,"refunds":[],"surplus_written_off":{zero},"reversed_at":null,"version":1,"created_at":"{now}","updated_at":"{now}"}}"#
    )
}

async fn append_audit_row(
    transaction: &SchemaManager<'_>,
    head: &mut Head,
    number: String,
    state: String,
) -> Result<(), DbErr> {
    let row = Row {
        seq: head.audit_seq + 1,
        payment_id: Uuid::nil(),
        subject: ["receipt".to_owned(), number],
        action: "RECEIPT_RECORDED".to_owned(),
        actor: "hermes migrate".to_owned(),
        personal: [None, None, Some(state), None, None],
        created_at: head.now,
        hash: [0; 32],
    };
    let salt = Uuid::new_v4().into_bytes();
    head.audit_seq = row.seq;
    head.audit_hash = row.new_hash_after(head.audit_hash, salt);
    let [subject_type, subject_id] = row.subject;
    let [.., new_value, _, _] = row.personal;
    execute(
        transaction,
        "INSERT INTO audit_log (seq, subject_type, subject_id, action, actor, salt, new_value, created_at, hash) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            row.seq.into(),
            subject_type.into(),
            subject_id.into(),
            row.action.into(),
            row.actor.into(),
            salt.to_vec().into(),
            new_value.into(),
            row.created_at.into(),
            head.audit_hash.to_vec().into(),
        ],
    )
    .await
}

fn statement<const N: usize>(manager: &SchemaManager<'_>, sql: &str, values: [Value; N]) -> Statement {
    Statement::from_sql_and_values(manager.get_database_backend(), sql, values)
}

async fn execute<const N: usize>(
    manager: &SchemaManager<'_>,
    sql: &str,
    values: [Value; N],
) -> Result<(), DbErr> {
    manager.get_connection().execute_raw(statement(manager, sql, values)).await.map(drop)
}

fn at<T: TryGetable>(row: &QueryResult, index: usize) -> Result<T, DbErr> {
    row.try_get_by_index(index)
}
