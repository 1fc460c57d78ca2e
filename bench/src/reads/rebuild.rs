//! The list of 1,000, made anew as after a write.
//!
//! **Reference:** the bare SQL select of the same rows through the same driver and pool: the payments and their checks,
//! fetched and thrown away, not even decoded. What Hermes does on top: the snapshot with its head, payments that keep
//! their invariants, and the JSON that is served.

use std::time::Instant;

use anyhow::{Result, ensure};
use hermes_domain::ports::{Page, PaymentFilter, PaymentReader};
use hermes_repository::SqlPaymentReader;
use hermes_service::read_cache::Renderer;
use hermes_web::JsonRenderer;
use sea_orm::DatabaseConnection;

use crate::pairs::Pairs;
use crate::reference::{fill, select_list};
use crate::report::{Bound, Row};
use crate::scale::Scale;
use crate::system::{Kind, Place};

/// The bookings of the list.
const WINDOW: u32 = 1_000;
/// A payment and its checks.
const ROWS_EACH: u32 = 5;

/// Measures on every database.
pub async fn measure(scale: &Scale) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for kind in Kind::ALL {
        let case = format!("list of 1,000 rebuilt after a write, {}", kind.name());
        rows.push(match pairs(scale, kind).await {
            Ok(pairs) => {
                let (bound, measured) = (Bound::AtMost(1.5), pairs.describe("ms"));
                Row::judged(case, bound, "of the bare SQL select of the same rows", pairs.ratio(), measured)
            }
            Err(error) => Row::not_measured(case, format!("{error:#}")),
        });
    }
    Ok(rows)
}

async fn pairs(scale: &Scale, kind: Kind) -> Result<Pairs> {
    let place = Place::start(kind).await?;
    let store = place.store().await?;
    // A few more than the list shows, as there usually are.
    fill(&store, WINDOW + WINDOW / 10).await?;
    let database = store.open().await?;
    let reader = SqlPaymentReader::new(&database);
    bare(database.reader_pool(), 1).await?;
    rebuild(&reader, 1).await?;
    let times = scale.pages / 10;
    let pairs = Pairs::alternate(
        scale.pairs,
        async || bare(database.reader_pool(), times).await,
        async || rebuild(&reader, times).await,
    )
    .await?;
    database.close().await;
    Ok(pairs)
}

/// How long the bare select takes, in milliseconds.
async fn bare(connection: &DatabaseConnection, times: u32) -> Result<f64> {
    let started = Instant::now();
    for _ in 0..times {
        let rows = select_list(connection, WINDOW.into()).await?;
        ensure!(rows == usize::try_from(WINDOW * ROWS_EACH)?, "the select has {rows} rows");
    }
    Ok(each(started, times))
}

/// How long the list takes, in milliseconds.
async fn rebuild(reader: &SqlPaymentReader, times: u32) -> Result<f64> {
    let started = Instant::now();
    for _ in 0..times {
        let page = reader.list(&PaymentFilter::default(), Page::First, WINDOW.into()).await?.value;
        let body = JsonRenderer { list_window: WINDOW.into() }.list(&page).body;
        ensure!(
            page.payments.len() == usize::try_from(WINDOW)? && body.len() > 1_000,
            "that is not the list"
        );
    }
    Ok(each(started, times))
}

fn each(started: Instant, times: u32) -> f64 {
    started.elapsed().as_secs_f64() * 1e3 / f64::from(times)
}
