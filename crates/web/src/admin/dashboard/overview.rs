//! `GET /` of the dashboard: totals, filter and one page of payments.

use actix_web::http::StatusCode;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::middleware::Compress;
use actix_web::{HttpRequest, HttpResponse, get, web};
use askama::Template;
use chrono::Utc;
use hermes_domain::payment::{Check, Payment, Status, limits};

use super::filter::{FilterForm, PageLinks};
use crate::api::stats::{CurrencyStats, Stats};
use crate::extract::page_query_of_form;
use crate::pages::{AmountView, FormattedTime, check_label, page, status_label};
use crate::problem::Problem;
use crate::state::AppState;

/// The number of payments on a page.
const PAGE_SIZE: u64 = 50;

#[derive(Template)]
#[template(path = "dashboard/overview.html")]
struct OverviewPage<'a> {
    as_of: FormattedTime,
    /// The ledger head of the rows.
    head_seq: i64,
    /// The ledger head of the totals. A write between the two reads makes them differ.
    totals_head_seq: i64,
    tiles: [Tile; 5],
    currencies: Vec<CurrencyTile>,
    filter: FilterForm,
    max_search_chars: usize,
    rows: Vec<PaymentRow<'a>>,
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
    outstanding: AmountView,
    received: AmountView,
    payments: i64,
}

/// A payment in the table.
struct PaymentRow<'a> {
    payment: &'a Payment,
    booked: FormattedTime,
    amount: AmountView,
    fee: AmountView,
    due: AmountView,
    received: AmountView,
    status: Status,
    flags: Vec<&'a Check>,
}

/// Shows the dashboard. The filter selects rows; the totals cover all payments.
#[get("/", wrap = "Compress::default()")]
pub async fn overview(state: web::Data<AppState>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let query = page_query_of_form(request.query_string(), PAGE_SIZE)?;
    let totals = state.reader.totals().await?;
    let list = state.reader.list(&query.filter, query.page, query.limit).await?;
    let stats = Stats::from(totals.value.as_slice());
    let overview = OverviewPage {
        as_of: Utc::now().into(),
        head_seq: list.head.seq,
        totals_head_seq: totals.head.seq,
        tiles: tiles(&stats),
        currencies: stats.by_currency.into_iter().map(CurrencyTile::from).collect(),
        filter: FilterForm::from(&query),
        max_search_chars: limits::NAME_MAX,
        rows: list.value.payments.iter().map(PaymentRow::from).collect(),
        links: PageLinks::new(&query, &list.value),
    };
    let (mut response, body) = page(StatusCode::OK, &overview);
    Ok(response.insert_header((CACHE_CONTROL, "no-store")).body(body))
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

impl From<CurrencyStats> for CurrencyTile {
    fn from(stats: CurrencyStats) -> Self {
        Self {
            outstanding: AmountView::new(stats.amount_outstanding, stats.currency_from),
            received: AmountView::new(stats.amount_received, stats.currency_from),
            payments: stats.payments,
        }
    }
}

impl<'a> From<&'a Payment> for PaymentRow<'a> {
    fn from(payment: &'a Payment) -> Self {
        Self {
            payment,
            booked: payment.created_at.into(),
            amount: payment.amount.into(),
            fee: payment.fee.amount.into(),
            due: payment.amount_due().into(),
            received: payment.amount_received.into(),
            status: payment.status(),
            flags: payment.checks.iter().filter(|check| check.is_flagged()).collect(),
        }
    }
}

impl PaymentRow<'_> {
    fn status_label(&self) -> &'static str {
        status_label(self.status)
    }

    fn flag_label(&self, check: &Check) -> &'static str {
        check_label(check.kind)
    }
}
