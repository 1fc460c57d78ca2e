//! The first page of 20 out of a million bookings, uncached.
//!
//! **Reference:** the same page out of 10,000, on the same server in the same run. Both are read through the reader of
//! the repository in this process, so that no cache and no HTTP hides a difference: head, rows and checks of the page
//! in one snapshot. The tables are filled by the database itself (see `reference/fill.rs`) and whole for a reader.

use std::time::Instant;

use anyhow::{Result, ensure};
use hermes_domain::ports::{Page, PaymentFilter, PaymentReader};
use hermes_repository::SqlPaymentReader;

use crate::pairs::Pairs;
use crate::reference::fill;
use crate::report::{Bound, Row};
use crate::scale::Scale;
use crate::statistics::number;
use crate::system::{Kind, Place};

/// The bookings of a page.
const PAGE: u64 = 20;

/// Measures on SQLite and MariaDB.
pub async fn measure(scale: &Scale) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for kind in [Kind::Sqlite, Kind::MariaDb] {
        let case = format!(
            "first page of {PAGE} out of {} bookings, uncached, {}",
            number(f64::from(scale.many)),
            kind.name()
        );
        rows.push(match pairs(scale, kind).await {
            Ok(pairs) => {
                let of = format!("of the same out of {}", number(f64::from(scale.some)));
                Row::judged(case, Bound::AtMost(1.3), &of, pairs.ratio(), pairs.describe("ms a page"))
            }
            Err(error) => Row::not_measured(case, format!("{error:#}")),
        });
    }
    Ok(rows)
}

async fn pairs(scale: &Scale, kind: Kind) -> Result<Pairs> {
    let place = Place::start(kind).await?;
    let (large, small) = (place.store().await?, place.store().await?);
    fill(&large, scale.many).await?;
    fill(&small, scale.some).await?;
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

/// How long a page takes, in milliseconds.
async fn read_pages(reader: &SqlPaymentReader, pages: u32) -> Result<f64> {
    let started = Instant::now();
    for _ in 0..pages {
        let page = reader.list(&PaymentFilter::default(), Page::First, PAGE).await?.value;
        ensure!(u64::try_from(page.payments.len())? == PAGE && page.has_next, "that is not the first page");
    }
    Ok(started.elapsed().as_secs_f64() * 1e3 / f64::from(pages))
}
