//! Compares the rows of the database with the models after the last sequence.

use std::collections::HashMap;

use hermes_domain::ledger::ChainVerifier;
use hermes_domain::ports::PaymentReader;
use hermes_repository::SqlPaymentReader;
use hermes_repository::entity::{audit_log, outbox, payment_totals, payments, validation_results};
use sea_orm::{DatabaseConnection, EntityTrait, PaginatorTrait, QueryOrder};
use uuid::Uuid;

use crate::model::Row;
use crate::sequence::{FinishedSequence, payer_of};

/// The number of audit rows per query.
const PAGE: u64 = 5_000;

/// Checks every payment, its history in the audit log and in the outbox, the totals and the audit chain.
pub async fn check(database: &DatabaseConnection, reader: &SqlPaymentReader, finished: &[FinishedSequence]) {
    let audit = audit_log::Entity::find().order_by_asc(audit_log::Column::Seq).all(database).await.unwrap();
    let audit =
        histories(audit.into_iter().filter_map(|row| Some((row.payment_id?, row.action))), "PAYMENT_");
    let events = outbox::Entity::find().order_by_asc(outbox::Column::Seq).all(database).await.unwrap();
    let events =
        histories(events.into_iter().filter_map(|row| Some((row.payment_id?, row.event_type))), "payment.");
    let rows = payments::Entity::find().all(database).await.unwrap();
    let mut rows: HashMap<_, _> = rows.into_iter().map(|row| (row.reference.clone(), row)).collect();
    let (mut outstanding, mut cancelled, mut booked) = (0, 0, 0_i64);
    for FinishedSequence { seed, payments, .. } in finished {
        for (reference, row, history) in payments {
            let stored = rows.remove(&reference.to_string()).unwrap();
            assert_eq!(model_row(&stored), *row, "seed {seed}, {reference}");
            for actual in [&audit, &events] {
                assert_eq!(actual[&stored.id], *history, "seed {seed}, {reference}");
            }
            booked += 1;
            cancelled += i64::from(row.cancelled);
            // Amounts are multiples of 20, so a fee of 5 % is exact.
            outstanding += if row.cancelled { 0 } else { row.amount + row.amount / 20 };
        }
    }
    assert!(rows.is_empty(), "{} payments are in no model", rows.len());
    let checks = validation_results::Entity::find().count(database).await.unwrap();
    assert_eq!(i64::try_from(checks).unwrap(), 4 * booked);
    let totals = payment_totals::Entity::find().one(database).await.unwrap().unwrap();
    let actual = (totals.payments, totals.cancelled, totals.amount_outstanding);
    assert_eq!(actual, (booked, cancelled, outstanding));
    check_audit_chain(reader, booked).await;
}

/// Returns the actions on each payment, in the terms of the model.
fn histories(rows: impl Iterator<Item = (Uuid, String)>, prefix: &str) -> HashMap<Uuid, Vec<String>> {
    let mut histories: HashMap<_, Vec<_>> = HashMap::new();
    for (payment, action) in rows {
        let action = action.strip_prefix(prefix).unwrap().to_ascii_lowercase();
        histories.entry(payment).or_default().push(action);
    }
    histories
}

fn model_row(row: &payments::Model) -> Row {
    Row {
        payer: payer_of(&row.email),
        amount: row.amount,
        version: row.version,
        cancelled: row.cancelled_at.is_some(),
        duplicate: row.validation_status == "FLAGGED",
    }
}

async fn check_audit_chain(reader: &SqlPaymentReader, booked: i64) {
    let head = reader.head().await.unwrap();
    assert_eq!(head.next_reference, booked + 1);
    let mut chain = ChainVerifier::default();
    while chain.last_seq() < head.audit_seq {
        for entry in &reader.audit_after(chain.last_seq(), PAGE).await.unwrap() {
            chain.verify_next(entry).unwrap();
        }
    }
    chain.finish(head.audit_seq, head.audit_hash).unwrap();
}
