//! `GET /api/bookings`: without a parameter the newest ones, cached; with parameters a page, from the database.

use actix_web::http::header::{CACHE_CONTROL, ETAG, LINK};
use actix_web::{HttpRequest, HttpResponse, get, web};
use hermes_domain::ports::{ListPage, Page, Position};

use super::HERMES_VERSION;
use crate::cursor;
use crate::input::{ListQuery, is_not_modified};
use crate::problem::{Problem, ProblemBody};
use crate::state::AppState;
use crate::wire::BookingBody;

/// The bookings, newest first.
///
/// Without a parameter: the newest 1,000 (`list.window`), from a cache that is never stale. With parameters: a
/// page of those that match all of them. The `Link` header leads to further pages.
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
    match ListQuery::parse(request.query_string())? {
        None => cached(&state, &request).await,
        Some(query) => page(&state, query).await,
    }
}

async fn cached(state: &AppState, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let served = state.list.read().await?;
    let snapshot = &served.snapshot;
    let not_modified = is_not_modified(request, &snapshot.etag);
    let mut response = if not_modified { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response
        .insert_header((ETAG, snapshot.etag.as_str()))
        .insert_header((CACHE_CONTROL, "no-cache"))
        .insert_header((HERMES_VERSION, snapshot.head_seq))
        .insert_header(("Hermes-Cache", served.tier.code()));
    if !served.anchored {
        response.insert_header(("Hermes-Freshness", "unanchored"));
    }
    if let Some(cursor) = &snapshot.next_cursor {
        let limit = state.list_window;
        response
            .insert_header((LINK, format!("</api/bookings?limit={limit}&cursor={cursor}>; rel=\"next\"")));
    }
    if not_modified {
        return Ok(response.finish());
    }
    Ok(response.content_type("application/json").body(snapshot.body.clone()))
}

async fn page(state: &AppState, query: ListQuery) -> Result<HttpResponse, Problem> {
    let read = state.reader.list(&query.filter, query.page, query.limit).await?;
    let mut response = HttpResponse::Ok();
    response
        .insert_header((CACHE_CONTROL, "no-cache"))
        .insert_header((HERMES_VERSION, read.head_seq))
        .insert_header(("Hermes-Cache", "db"));
    if let Some(links) = links(&query, &read.value) {
        response.insert_header((LINK, links));
    }
    let bookings: Vec<_> = read.value.payments.iter().map(BookingBody::from).collect();
    Ok(response.json(bookings))
}

/// The links to the neighbouring pages (RFC 8288); nothing is counted for them.
fn links(query: &ListQuery, page: &ListPage) -> Option<String> {
    let link = |cursor: String, relation: &str| {
        let cursor = ("cursor".to_owned(), cursor);
        let pairs: Vec<_> = query.kept.iter().chain([&cursor]).collect();
        let text = serde_urlencoded::to_string(pairs).unwrap_or_default();
        format!("</api/bookings?{text}>; rel=\"{relation}\"")
    };
    let next = page.payments.last().filter(|_| page.has_next).map(Position::of);
    let prev = page.payments.first().filter(|_| page.has_prev && query.page != Page::First).map(Position::of);
    let links: Vec<_> = next
        .map(|position| link(cursor::after(position), "next"))
        .into_iter()
        .chain(prev.map(|position| link(cursor::before(position), "prev")))
        .collect();
    (!links.is_empty()).then(|| links.join(", "))
}
