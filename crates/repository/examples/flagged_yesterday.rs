//! Prints the payments that were booked yesterday (UTC) and flagged by a validation check.
//!
//! ```text
//! cargo run -p hermes-repository --example flagged_yesterday -- mysql://user:password@host/hermes_payments
//! ```
//!
//! Without an argument, the program uses `DATABASE_URL`, or else the file of an embedded Hermes. The program only reads.
#![expect(clippy::print_stdout, reason = "printing is the purpose of the example")]

use std::env;
use std::error::Error;

use chrono::{Days, NaiveTime, Utc};
use hermes_domain::payment::{Payment, ValidationStatus};
use hermes_repository::entity::{payments, validation_results};
use hermes_repository::{Database, DatabaseSettings, StoredPayment};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

const EMBEDDED: &str = "sqlite://data/hermes.db";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = env::args().nth(1).or_else(|| env::var("DATABASE_URL").ok());
    let settings = DatabaseSettings::new(url.unwrap_or_else(|| EMBEDDED.to_owned()));
    let database = Database::connect(&settings).await?;

    let today = Utc::now().date_naive().and_time(NaiveTime::MIN).and_utc();
    let yesterday = today - Days::new(1);
    let flagged = payments::Entity::find()
        .filter(payments::Column::ValidationStatus.eq(ValidationStatus::Flagged.as_str()))
        .filter(payments::Column::CreatedAt.gte(yesterday))
        .filter(payments::Column::CreatedAt.lt(today))
        .order_by_asc(payments::Column::CreatedAt)
        .order_by_asc(payments::Column::Id)
        .find_with_related(validation_results::Entity)
        .all(database.reader_pool())
        .await?;

    println!("flagged payments of {}: {}", yesterday.date_naive(), flagged.len());
    for (row, results) in flagged {
        print_flags(&Payment::try_from(StoredPayment { row, results })?);
    }
    database.close().await;
    Ok(())
}

fn print_flags(payment: &Payment) {
    let currency = payment.amount.currency();
    println!("{} {} {currency}", payment.reference, payment.amount);
    for check in &payment.checks {
        if check.result == ValidationStatus::Flagged {
            println!("    {}: {}", check.kind, check.message);
        }
    }
}
