//! `GET /api/bookings`: without a parameter the newest ones; with parameters a page of those that match.

use actix_web::{HttpRequest, HttpResponse, get, web};
use hermes_service::read_cache::Query;

use crate::cached_response;
use crate::dto::BookingBody;
use crate::extract::page_query;
use crate::problem::{Problem, ProblemBody};
use crate::state::AppState;

/// The bookings, newest first.
///
/// Without a parameter: the newest 1,000 (`list.window`). With parameters: a page of those that match all of
/// them. Both come from a cache that is never stale. The `Link` header leads to further pages.
#[utoipa::path(
    tag = "bookings",
    params(
        ("limit" = Option<u64>, Query, description = "1 to 1000, default 100"),
        ("cursor" = Option<String>, Query, description = "from a Link header"),
        ("status" = Option<String>, Query, description = "PENDING, UNDERPAYMENT, EXACT, OVERPAYMENT or CANCELLED"),
        ("validation_status" = Option<String>, Query, description = "PASSED or FLAGGED"),
        ("email" = Option<String>, Query, description = "the whole address, in any case"),
        ("school" = Option<String>, Query, description = "the whole name, in any case"),
        ("reference" = Option<String>, Query, description = "a reference or creditor reference"),
        ("q" = Option<String>, Query, description = "a part of reference, name, address, school or student id"),
        ("created_from" = Option<String>, Query, description = "a date or an instant"),
        ("created_to" = Option<String>, Query, description = "a date or an instant, not included"),
    ),
    responses(
        (status = 200, description = "The bookings", body = Vec<BookingBody>,
            headers(("ETag"), ("Link"), ("Hermes-Cache"), ("Hermes-Version"))),
        (status = 304, description = "Not changed since If-None-Match"),
        (status = "4XX", description = "A parameter cannot be taken", body = ProblemBody, content_type = "application/problem+json"),
        (status = "5XX", description = "See the detail", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[get("/api/bookings")]
pub async fn list_bookings(
    state: web::Data<AppState>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let query = page_query(request.query_string())?.map_or(Query::List, |page| Query::Page(Box::new(page)));
    cached_response::answer(&state, &request, &query).await
}
