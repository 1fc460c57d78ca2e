//! Answers out of the cache that is never stale: one function for all endpoints that have such an answer.
//!
//! A hit builds no JSON and copies nothing that grows with the answer: the bytes and their
//! compressed forms are shared with every other request that is served from them.

mod encoding;
mod renderer;

use actix_web::http::StatusCode;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderName, HeaderValue, LINK, VARY,
};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use hermes_service::freshness::{Query, Served};

use crate::input::known_tag;
use crate::problem::{Problem, ProblemCode};
use crate::state::AppState;

pub use renderer::JsonRenderer;

/// The header with the head an answer was read at.
pub(crate) const HERMES_VERSION: HeaderName = HeaderName::from_static("hermes-version");
/// The header with the cache an answer came from.
const HERMES_CACHE: HeaderName = HeaderName::from_static("hermes-cache");
/// The header that labels an answer which the database could not confirm.
const HERMES_FRESHNESS: HeaderName = HeaderName::from_static("hermes-freshness");

/// Answers a query to which there is always an answer.
///
/// # Errors
/// As reading says.
pub(crate) async fn answer(
    state: &AppState,
    request: &HttpRequest,
    query: &Query,
) -> Result<HttpResponse, Problem> {
    find(state, request, query).await?.ok_or_else(|| Problem::new(ProblemCode::NotFound))
}

/// Answers a query, or says that the caller has the answer already; `None` when what is asked for is not there.
///
/// # Errors
/// As reading says.
pub(crate) async fn find(
    state: &AppState,
    request: &HttpRequest,
    query: &Query,
) -> Result<Option<HttpResponse>, Problem> {
    let Some(served) = state.reads.read(query).await? else { return Ok(None) };
    let snapshot = &served.snapshot;
    // The tag it has is the one it is told, so that whatever keeps the answer for it knows which form is meant.
    if let Some(tag) =
        known_tag(request, &snapshot.etag, |known| encoding::is_of_answer(known, &snapshot.etag))
    {
        return Ok(Some(head_of(StatusCode::NOT_MODIFIED, &served).insert_header((ETAG, tag)).finish()));
    }
    let wanted = if is_compressible(query) { encoding::wanted(request) } else { None };
    let encoded =
        wanted.and_then(|encoding| Some((encoding, state.reads.encoded(query, snapshot, encoding)?)));
    let mut response = head_of(StatusCode::OK, &served);
    response.insert_header((CONTENT_TYPE, HeaderValue::from_static("application/json")));
    Ok(Some(match encoded {
        Some((encoding, bytes)) => response
            .insert_header((ETAG, encoding::etag(&snapshot.etag, encoding)))
            .insert_header((CONTENT_ENCODING, HeaderValue::from_static(encoding.code())))
            .body(bytes),
        None => response.insert_header((ETAG, snapshot.etag.as_str())).body(snapshot.body.clone()),
    }))
}

/// The tag of a booking is what its next change must name, so it has no other forms.
const fn is_compressible(query: &Query) -> bool {
    !matches!(query, Query::Booking(_))
}

fn head_of(status: StatusCode, served: &Served) -> HttpResponseBuilder {
    let snapshot = &served.snapshot;
    let mut response = HttpResponse::build(status);
    response
        .insert_header((CACHE_CONTROL, HeaderValue::from_static("no-cache")))
        .insert_header((VARY, HeaderValue::from_static("accept-encoding")))
        .insert_header((HERMES_VERSION, HeaderValue::from(snapshot.head.seq)))
        .insert_header((HERMES_CACHE, HeaderValue::from_static(served.tier.code())));
    if !served.anchored {
        response.insert_header((HERMES_FRESHNESS, HeaderValue::from_static("unanchored")));
    }
    if let Some(link) = &snapshot.link {
        response.insert_header((LINK, link.as_str()));
    }
    response
}
