//! `GET /`: the figures and the newest payments.

use actix_web::http::StatusCode;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::middleware::Compress;
use actix_web::{HttpRequest, HttpResponse, get, web};
use askama::Template;
use chrono::Utc;
use hermes_domain::payment::limits;

use super::filter::{FilterForm, Neighbours};
use super::row::Row;
use super::tiles::{CurrencyTile, Tile, currency_tiles, tiles};
use crate::dto::Stats;
use crate::extract::page_query_from_form;
use crate::pages::{FormattedTime, page};
use crate::problem::Problem;
use crate::state::AppState;

/// How many payments a page has.
const ROWS: u64 = 50;

/// The page.
#[derive(Template)]
#[template(path = "dashboard/overview.html")]
struct OverviewPage<'a> {
    as_of: FormattedTime,
    /// The head that the rows were read at.
    head_seq: i64,
    /// The head that the figures were read at: a write may have come between the two reads.
    figures_head_seq: i64,
    tiles: [Tile; 5],
    currencies: Vec<CurrencyTile>,
    filter: FilterForm,
    text_max: usize,
    rows: Vec<Row<'a>>,
    neighbours: Neighbours,
}

/// The dashboard. Two reads: the sums, which are kept up with every write, and one page of payments.
#[get("/", wrap = "Compress::default()")]
pub async fn overview(state: web::Data<AppState>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let query = page_query_from_form(request.query_string(), ROWS)?;
    let totals = state.reader.totals().await?;
    let list = state.reader.list(&query.filter, query.page, query.limit).await?;
    let stats = Stats::from(totals.value.as_slice());
    let overview = OverviewPage {
        as_of: Utc::now().into(),
        head_seq: list.head.seq,
        figures_head_seq: totals.head.seq,
        tiles: tiles(&stats),
        currencies: currency_tiles(stats.by_currency),
        filter: FilterForm::of(&query),
        text_max: limits::NAME_MAX,
        rows: list.value.payments.iter().map(Row::from).collect(),
        neighbours: Neighbours::of(&query, &list.value),
    };
    let (mut response, body) = page(StatusCode::OK, &overview);
    Ok(response.insert_header((CACHE_CONTROL, "no-store")).body(body))
}
