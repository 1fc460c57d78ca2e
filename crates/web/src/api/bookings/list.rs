//! `GET /api/bookings`

use actix_web::{HttpRequest, HttpResponse, get, web};
use hermes_service::read_cache::Query;

use crate::cached_response;
use crate::dto::{BookingSummary, CheckedResult, PaymentStatus};
use crate::extract::page_query;
use crate::problem::{Problem, ProblemResponses};
use crate::state::AppState;

/// Lists payments, newest first.
///
/// Without parameters, the response has the newest 1,000 payments (`list.window`). With parameters, it has a page of
/// the payments that match all of them. The list is cached but never stale: every read shows each acknowledged
/// change. The `Link` header leads to the next and previous pages.
#[utoipa::path(
    tag = "bookings",
    params(
        ("limit" = Option<u64>, Query, description = "The most payments in the response. The default is 100.",
            minimum = 1, maximum = 1000, example = 20),
        ("cursor" = Option<String>, Query, description = "The cursor of a `Link` header.",
            pattern = "^[np][0-9A-Fa-f]{48}$", example = "n00064d1d4b6a40000198c0de000070008000000000000001"),
        ("status" = inline(Option<PaymentStatus>), Query, description = "The status.", example = "PENDING"),
        ("validation_status" = inline(Option<CheckedResult>), Query, description = "The combined result of the quality checks.", example = "FLAGGED"),
        ("email" = Option<String>, Query, description = "The whole email address, in any case.",
            min_length = 1, max_length = 254, example = "ana@example.org"),
        ("school" = Option<String>, Query, description = "The whole name of the school, in any case.",
            min_length = 1, max_length = 200, example = "Harvard"),
        ("reference" = Option<String>, Query, description = "The reference or creditor reference.",
            pattern = "^([Rr][Ff][0-9]{2})?[Rr][Ee][Ff][0-9]{3,18}$", example = "REF001"),
        ("q" = Option<String>, Query, description = "A part of the reference, name, email address, school or student ID.",
            min_length = 1, max_length = 200, example = "ruiz"),
        ("created_from" = Option<String>, Query, description = "The earliest time of booking: a date, which starts at 00:00 UTC, or a time (RFC 3339).",
            pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ].+)?$", example = "2026-11-22"),
        ("created_to" = Option<String>, Query, description = "The end of the booking times, which is not included: a date or a time (RFC 3339).",
            pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ].+)?$", example = "2026-11-22T18:00:00Z"),
    ),
    responses(
        (status = 200, description = "The payments", body = Vec<BookingSummary>,
            headers(("ETag"), ("Link"), ("Hermes-Cache"), ("Hermes-Version"), ("Hermes-Freshness"))),
        (status = 304, description = "The list still has the ETag in If-None-Match"),
        ProblemResponses,
    )
)]
#[get("/api/bookings")]
pub async fn list_bookings(
    state: web::Data<AppState>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let query = page_query(request.query_string())?.map_or(Query::List, |page| Query::Page(Box::new(page)));
    cached_response::respond(&state, &request, &query).await
}
