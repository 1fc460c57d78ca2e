//! `GET /` of the dashboard: totals, filter and one page of payments.

use actix_web::http::StatusCode;
use actix_web::middleware::Compress;
use actix_web::{HttpRequest, HttpResponse, get, web};
use askama::Template;
use chrono::{DateTime, Utc};
use hermes_domain::ledger::Totals;
use hermes_domain::money::Money;
use hermes_domain::payment::{BookingField, Payment};

use super::filter::{FilterForm, PageLinks};
use crate::dto::Stats;
use crate::extract::page_query_from_form;
use crate::pages::{check_label, page, status_label};
use crate::problem::Problem;
use crate::state::AppState;

/// The number of payments on a page.
const PAGE_SIZE: u64 = 50;

#[derive(Template)]
#[template(path = "dashboard/overview.html")]
struct OverviewPage<'a> {
    as_of: DateTime<Utc>,
    /// The ledger head of the rows.
    head_seq: i64,
    /// The ledger head of the totals. A write between the two reads makes them differ.
    totals_head_seq: i64,
    tiles: [Tile; 5],
    currencies: Vec<CurrencyTile>,
    filter: FilterForm,
    max_search_chars: usize,
    payments: &'a [Payment],
    links: PageLinks,
}

/// A number of payments, with a link to them.
struct Tile {
    label: &'static str,
    count: i64,
    /// The URL of the payments; `None` if no filter selects them.
    link: Option<&'static str>,
    /// Whether the number needs attention.
    alerts: bool,
}

/// The money of all payments in one currency.
struct CurrencyTile {
    outstanding: Money,
    received: Money,
    payments: i64,
}

/// Shows the dashboard. The filter selects rows; the totals cover all payments.
#[get("/", wrap = "Compress::default()")]
pub async fn overview(state: web::Data<AppState>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let query = page_query_from_form(request.query_string(), PAGE_SIZE)?;
    let totals = state.reader.totals().await?;
    let list = state.reader.list(&query.filter, query.page, query.limit).await?;
    let stats = Stats::from(totals.value.as_slice());
    let overview = OverviewPage {
        as_of: Utc::now(),
        head_seq: list.head.seq,
        totals_head_seq: totals.head.seq,
        tiles: tiles(&stats),
        currencies: currency_tiles(&totals.value),
        filter: FilterForm::from(&query),
        max_search_chars: BookingField::Name.spec().max_chars,
        payments: &list.value.payments,
        links: PageLinks::new(&query, &list.value),
    };
    let (mut response, body) = page(StatusCode::OK, &overview);
    Ok(response.body(body))
}

fn tiles(stats: &Stats) -> [Tile; 5] {
    let tile = |label, count, link| Tile { label, count, link, alerts: false };
    let alert = |label, count, link| Tile { alerts: count > 0, ..tile(label, count, link) };
    [
        tile("Payments", stats.payments, Some("/")),
        tile("Checks passed", stats.passed, Some("/?validation_status=PASSED")),
        alert("Needs review", stats.flagged, Some("/?validation_status=FLAGGED")),
        alert("Large amount", stats.above_threshold, None),
        tile("Cancelled", stats.cancelled, Some("/?status=CANCELLED")),
    ]
}

fn currency_tiles(totals: &[Totals]) -> Vec<CurrencyTile> {
    let mut tiles: Vec<_> = totals
        .iter()
        .map(|totals| CurrencyTile {
            outstanding: Money::from_minor(totals.outstanding_minor, totals.currency),
            received: Money::from_minor(totals.received_minor, totals.currency),
            payments: totals.payments,
        })
        .collect();
    tiles.sort_by_key(|tile| tile.received.currency().code());
    tiles
}

impl OverviewPage<'_> {
    fn flags<'b>(&self, payment: &'b Payment) -> Vec<(&'static str, &'b str)> {
        let flags = payment.checks.iter().filter(|check| check.is_flagged());
        flags.map(|check| (check_label(check.kind), &*check.message)).collect()
    }

    fn status_label(&self, payment: &Payment) -> &'static str {
        status_label(payment.status())
    }
}
