//! Rebuilding the list of 1,000 bookings after a write.
//!
//! **Reference:** the bare SQL select of the same rows through the same driver and pool. The payments and their
//! checks are fetched but not decoded. Hermes additionally reads the head in the same snapshot, validates the
//! payments and renders the JSON.

use std::time::Instant;

use anyhow::{Result, ensure};
use hermes_domain::ports::{Page, PaymentFilter, PaymentReader};
use hermes_repository::SqlPaymentReader;
use hermes_repository::entity::{payments, validation_results};
use hermes_service::read_cache::Renderer;
use hermes_web::JsonRenderer;
use sea_orm::{ConnectionTrait, DatabaseConnection, IdenStatic, Iterable, Statement};

use crate::pairs::Pairs;
use crate::reference::fill;
use crate::report::{Limit, Row};
use crate::scale::Scale;
use crate::system::{DatabaseHost, DatabaseKind};

/// The number of bookings in the list.
const WINDOW: u32 = 1_000;
/// A payment and its four checks.
const ROWS_EACH: u32 = 5;

/// Measures on every database.
pub async fn measure(scale: &Scale) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for kind in DatabaseKind::ALL {
        let case = format!("list of 1,000 rebuilt after a write, {}", kind.name());
        rows.push(match measure_pairs(scale, kind).await {
            Ok(pairs) => {
                let (limit, measured) = (Limit::AtMost(1.5), pairs.describe("ms"));
                Row::limited(case, limit, "of the bare SQL select of the same rows", pairs.ratio(), measured)
            }
            Err(error) => Row::not_measured(case, format!("{error:#}")),
        });
    }
    Ok(rows)
}

async fn measure_pairs(scale: &Scale, kind: DatabaseKind) -> Result<Pairs> {
    let host = DatabaseHost::start(kind).await?;
    let database = host.create_database().await?;
    // More bookings than the list shows, as is usual.
    fill(&database, WINDOW + WINDOW / 10).await?;
    let database = database.open().await?;
    let reader = SqlPaymentReader::new(&database);
    select_lists(database.reader_pool(), 1).await?;
    rebuild_lists(&reader, 1).await?;
    let times = scale.pages / 10;
    let pairs = Pairs::alternate(
        scale.pairs,
        async || select_lists(database.reader_pool(), times).await,
        async || rebuild_lists(&reader, times).await,
    )
    .await?;
    database.close().await;
    Ok(pairs)
}

/// Returns the time per bare select in milliseconds.
async fn select_lists(connection: &DatabaseConnection, times: u32) -> Result<f64> {
    let started = Instant::now();
    for _ in 0..times {
        let rows = select_list(connection).await?;
        ensure!(rows == usize::try_from(WINDOW * ROWS_EACH)?, "the select returned {rows} rows");
    }
    Ok(millis_each(started, times))
}

/// Returns the time per rebuilt list in milliseconds.
async fn rebuild_lists(reader: &SqlPaymentReader, times: u32) -> Result<f64> {
    let started = Instant::now();
    for _ in 0..times {
        let page = reader.list(&PaymentFilter::default(), Page::First, WINDOW.into()).await?.value;
        let body = JsonRenderer { list_window: WINDOW.into() }.list(&page).body;
        let is_complete = page.payments.len() == usize::try_from(WINDOW)? && body.len() > 1_000;
        ensure!(is_complete, "the list is incomplete");
    }
    Ok(millis_each(started, times))
}

fn millis_each(started: Instant, times: u32) -> f64 {
    started.elapsed().as_secs_f64() * 1e3 / f64::from(times)
}

/// Selects the newest payments and their checks, and returns the number of rows.
///
/// Two statements, because a join would send each payment once per check.
async fn select_list(connection: &DatabaseConnection) -> Result<usize> {
    let newest = format!("FROM payments ORDER BY created_at DESC, id DESC LIMIT {WINDOW}");
    let payments = format!("SELECT {} {newest}", columns::<payments::Column>(""));
    let checks = format!(
        "SELECT {} FROM validation_results v JOIN (SELECT id {newest}) p ON v.payment_id = p.id",
        columns::<validation_results::Column>("v.")
    );
    let mut rows = 0;
    for sql in [payments, checks] {
        let statement = Statement::from_string(connection.get_database_backend(), sql);
        rows += connection.query_all_raw(statement).await?.len();
    }
    Ok(rows)
}

fn columns<C: Iterable + IdenStatic>(prefix: &str) -> String {
    C::iter().map(|column| format!("{prefix}{}", column.as_str())).collect::<Vec<_>>().join(",")
}
