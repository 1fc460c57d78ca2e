//! Receipts per second of 64 callers, each allocated to a payment in the same step.
//!
//! **References:** Hermes with `batch_max = 1`, which shows the gain of group commit; and the bookings per second of the same
//! Hermes, for which no limit is set. A receipt alters a payment and its checks, where a booking inserts them.

use anyhow::{Result, ensure};

use super::harness::Harness;
use super::throughput::UNBATCHED;
use crate::load::{BookingRequests, Connection, ReceiptRequests, Requests, run_closed_loop};
use crate::pairs::Pairs;
use crate::report::{Limit, Row};
use crate::scale::Scale;
use crate::system::{DatabaseKind, Hermes};

const CALLERS: usize = 64;
/// The payments that get the receipts, of 1,250 dollars each. More than a batch has commands, so that most commands of a
/// batch alter different payments.
const PAYMENTS: u64 = 256;
/// The least ratio to Hermes with `batch_max = 1`.
const LEAST_RATIO: f64 = 4.0;

/// Measures on every database.
pub async fn measure(scale: &Scale) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for kind in DatabaseKind::ALL {
        match measure_on(scale, kind).await {
            Ok(measured) => rows.extend(measured),
            Err(error) => rows.push(Row::not_measured(case(kind), format!("{error:#}"))),
        }
    }
    Ok(rows)
}

fn case(kind: DatabaseKind) -> String {
    format!("receipts per second, {}, {CALLERS} connections", kind.name())
}

async fn measure_on(scale: &Scale, kind: DatabaseKind) -> Result<Vec<Row>> {
    let mut harness = Harness::start(kind).await?;
    let (hermes, unbatched) = (harness.hermes(&[]).await?, harness.hermes(&UNBATCHED).await?);
    for hermes in [&hermes, &unbatched] {
        book_payments(hermes).await?;
    }
    let (receipts, bookings) = (ReceiptRequests::new(PAYMENTS), BookingRequests::new());
    for hermes in [&hermes, &unbatched] {
        rate(hermes, scale, &receipts).await?;
    }
    let batching = Pairs::alternate(
        scale.pairs,
        async || rate(&unbatched, scale, &receipts).await,
        async || rate(&hermes, scale, &receipts).await,
    )
    .await?;
    let to_bookings = Pairs::alternate(
        scale.pairs,
        async || rate(&hermes, scale, &bookings).await,
        async || rate(&hermes, scale, &receipts).await,
    )
    .await?;
    let measured = batching.describe("receipts/s");
    let limit = Limit::AtLeast(LEAST_RATIO);
    Ok(vec![
        Row::limited(case(kind), limit, "× Hermes with `batch_max = 1`", batching.ratio(), measured),
        Row::recorded(format!("{}, × bookings per second", case(kind)), to_bookings.describe("bookings/s")),
    ])
}

async fn rate(hermes: &Hermes, scale: &Scale, requests: &impl Requests) -> Result<f64> {
    Ok(run_closed_loop(hermes.port(), CALLERS, scale.run, requests).await?.per_second)
}

async fn book_payments(hermes: &Hermes) -> Result<()> {
    let (requests, mut connection) = (BookingRequests::new(), Connection::open(hermes.port()).await?);
    for _ in 0..PAYMENTS {
        let response = connection.send(&requests.next()).await?;
        ensure!(response.status == 201, "unexpected status {} of a booking", response.status);
    }
    Ok(())
}
