//! The first page of 20 of a million bookings, uncached.
//!
//! **Reference:** the same page of 10,000 bookings, on the same server in the same run. The reader of the repository
//! runs in this process, so that no cache and no HTTP hides a difference. The reader loads the head, the rows and the
//! checks of the page in one snapshot. `reference/fill.rs` fills the tables.

use std::time::Instant;

use anyhow::{Result, ensure};
use hermes_domain::ports::{Page, PaymentFilter, PaymentReader};
use hermes_repository::SqlPaymentReader;

use crate::pairs::Pairs;
use crate::reference::fill;
use crate::report::{Limit, Row};
use crate::scale::Scale;
use crate::statistics::format_number;
use crate::system::{DatabaseHost, DatabaseKind};

/// The number of bookings per page.
const PAGE: u64 = 20;

/// Measures on SQLite and MariaDB.
pub async fn measure(scale: &Scale) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    let (large, small) =
        (format_number(f64::from(scale.large_table)), format_number(f64::from(scale.small_table)));
    for kind in [DatabaseKind::Sqlite, DatabaseKind::MariaDb] {
        let case = format!("first page of {PAGE} out of {large} bookings, uncached, {}", kind.name());
        rows.push(match measure_pairs(scale, kind).await {
            Ok(pairs) => {
                let reference = format!("of the same out of {small}");
                Row::limited(case, Limit::AtMost(1.3), &reference, pairs.ratio(), pairs.describe("ms a page"))
            }
            Err(error) => Row::not_measured(case, format!("{error:#}")),
        });
    }
    Ok(rows)
}

async fn measure_pairs(scale: &Scale, kind: DatabaseKind) -> Result<Pairs> {
    let host = DatabaseHost::start(kind).await?;
    let (large, small) = (host.create_database().await?, host.create_database().await?);
    fill(&large, scale.large_table).await?;
    fill(&small, scale.small_table).await?;
    let (large_database, small_database) = (large.open().await?, small.open().await?);
    let (large, small) = (SqlPaymentReader::new(&large_database), SqlPaymentReader::new(&small_database));
    read_pages(&small, scale.pages).await?;
    read_pages(&large, scale.pages).await?;
    let pairs = Pairs::alternate(
        scale.pairs,
        async || read_pages(&small, scale.pages).await,
        async || read_pages(&large, scale.pages).await,
    )
    .await?;
    large_database.close().await;
    small_database.close().await;
    Ok(pairs)
}

/// Returns the time per page in milliseconds.
async fn read_pages(reader: &SqlPaymentReader, pages: u32) -> Result<f64> {
    let started = Instant::now();
    for _ in 0..pages {
        let page = reader.list(&PaymentFilter::default(), Page::First, PAGE).await?.value;
        ensure!(u64::try_from(page.payments.len())? == PAGE && page.has_next, "the page is incomplete");
    }
    Ok(started.elapsed().as_secs_f64() * 1e3 / f64::from(pages))
}
