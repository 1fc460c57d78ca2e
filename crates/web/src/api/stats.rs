//! `GET /api/stats`: the sums over all bookings.

use actix_web::{HttpRequest, HttpResponse, get, web};
use hermes_domain::ledger::Totals;
use hermes_domain::money::Money;
use hermes_service::read_cache::Query;
use serde::Serialize;
use utoipa::ToSchema;

use crate::cached_response;
use crate::problem::{Problem, ProblemBody};
use crate::state::AppState;

/// The sums over all bookings, kept up with every change.
#[derive(Debug, Serialize, ToSchema)]
pub struct Stats {
    /// How many payments were ever booked.
    pub payments: i64,
    /// How many of them passed every check.
    pub passed: i64,
    /// How many have a flag.
    pub flagged: i64,
    /// How many were cancelled.
    pub cancelled: i64,
    /// How many are above the threshold.
    pub above_threshold: i64,
    /// The sums of money, by currency.
    pub by_currency: Vec<CurrencyStats>,
}

/// The sums of one currency.
#[derive(Debug, Serialize, ToSchema)]
pub struct CurrencyStats {
    /// ISO 4217.
    #[schema(example = "USD")]
    pub currency_from: &'static str,
    /// How many payments were ever booked in it.
    pub payments: i64,
    /// What is still to arrive.
    #[schema(example = "35700.00")]
    pub amount_outstanding: String,
    /// What has arrived.
    #[schema(example = "0.00")]
    pub amount_received: String,
}

/// The sums over all bookings.
#[utoipa::path(
    tag = "figures",
    responses(
        (status = 200, description = "The sums", body = Stats, headers(("ETag"), ("Hermes-Cache"), ("Hermes-Version"))),
        (status = 304, description = "Not changed since If-None-Match"),
        (status = "5XX", description = "See the detail", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[get("/api/stats")]
pub async fn get_stats(state: web::Data<AppState>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    cached_response::answer(&state, &request, &Query::Totals).await
}

impl From<&[Totals]> for Stats {
    fn from(totals: &[Totals]) -> Self {
        let sum = |figure: fn(&Totals) -> i64| totals.iter().map(figure).fold(0, i64::saturating_add);
        let mut by_currency: Vec<_> = totals.iter().map(CurrencyStats::from).collect();
        by_currency.sort_by_key(|sums| sums.currency_from);
        Self {
            payments: sum(|totals| totals.payments),
            passed: sum(|totals| totals.passed),
            flagged: sum(|totals| totals.flagged),
            cancelled: sum(|totals| totals.cancelled),
            above_threshold: sum(|totals| totals.above_threshold),
            by_currency,
        }
    }
}

impl From<&Totals> for CurrencyStats {
    fn from(totals: &Totals) -> Self {
        let money = |minor| Money::from_minor(minor, totals.currency).to_string();
        Self {
            currency_from: totals.currency.code(),
            payments: totals.payments,
            amount_outstanding: money(totals.outstanding_minor),
            amount_received: money(totals.received_minor),
        }
    }
}
