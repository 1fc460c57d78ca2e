//! Lengthens the audit log of a database, to measure `hermes audit verify`.
//!
//! The program repeats the last row, each time with the next number and the matching hash. Use a throwaway database: its
//! log then contains changes that never happened.
//!
//! ```text
//! cargo run -p hermes-repository --example lengthen_audit_log -- sqlite://data/hermes.db 500000
//! ```
#![expect(clippy::print_stdout, reason = "printing is the purpose of the example")]

use std::env;
use std::error::Error;

use hermes_domain::ledger::AuditEntry;
use hermes_domain::ports::PaymentReader;
use hermes_repository::entity::{audit_log, ledger_head};
use hermes_repository::{Database, DatabaseSettings, SqlPaymentReader};
use sea_orm::ActiveValue::Set;
use sea_orm::{ActiveModelTrait, EntityTrait, TransactionTrait};

/// Rows per statement. Each row has fourteen values; SQLite accepts 32,766 values, servers 65,535.
const ROWS: u64 = 1_000;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (Some(url), Some(count)) = (env::args().nth(1), env::args().nth(2)) else {
        return Err("usage: lengthen_audit_log <database URL> <rows>".into());
    };
    let last = last_row(&url).await?;
    let head = lengthen(&url, last, count.parse()?).await?;
    println!("the audit log has {head} rows");
    Ok(())
}

async fn last_row(url: &str) -> Result<AuditEntry, Box<dyn Error>> {
    let database = Database::connect(&DatabaseSettings::new(url)).await?;
    let reader = SqlPaymentReader::new(&database);
    let head = reader.head().await?;
    let last = reader.audit_after(head.audit_seq - 1, 1).await?;
    database.close().await;
    last.into_iter().next().ok_or_else(|| "book a payment first: there is no row to repeat".into())
}

async fn lengthen(url: &str, mut last: AuditEntry, count: u64) -> Result<i64, Box<dyn Error>> {
    let database = sea_orm::Database::connect(url).await?;
    let transaction = database.begin().await?;
    for _ in 0..count.div_ceil(ROWS) {
        let mut rows = Vec::new();
        for _ in 0..ROWS {
            let previous = last.hash;
            last.seq += 1;
            last.hash = last.hash_after(previous);
            rows.push(audit_log::ActiveModel::from(&last));
        }
        audit_log::Entity::insert_many(rows).exec_without_returning(&transaction).await?;
    }
    let head = ledger_head::ActiveModel {
        id: Set(ledger_head::ROW_ID),
        audit_seq: Set(last.seq),
        audit_hash: Set(last.hash.0.to_vec()),
        ..Default::default()
    };
    head.update(&transaction).await?;
    transaction.commit().await?;
    Ok(last.seq)
}
