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
use actix_web::{HttpRequest, HttpResponse};
use hermes_service::read_cache::{CachedResponse, Query};

use crate::extract::known_tag;
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
    let snapshot = &served.entry;
    // The tag it has is the one it is told, so that whatever keeps the answer for it knows which form is meant.
    if let Some(tag) =
        known_tag(request, &snapshot.etag, |known| encoding::is_of_answer(known, &snapshot.etag))
    {
        return Ok(Some(head_of(StatusCode::NOT_MODIFIED, &served, Some(tag))));
    }
    let wanted = if is_compressible(query) { encoding::wanted(request) } else { None };
    let encoded =
        wanted.and_then(|encoding| Some((encoding, state.reads.encoded(query, snapshot, encoding)?)));
    let (tag, body) = match &encoded {
        Some((encoding, bytes)) => (value(&encoding::etag(&snapshot.etag, *encoding)), bytes),
        None => (value(&snapshot.etag), &snapshot.body),
    };
    let mut response = head_of(StatusCode::OK, &served, tag);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Some((encoding, _)) = &encoded {
        response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static(encoding.as_str()));
    }
    Ok(Some(response.set_body(body.clone()).map_into_boxed_body()))
}

/// The tag of a booking is what its next change must name, so it has no other forms.
const fn is_compressible(query: &Query) -> bool {
    !matches!(query, Query::Booking(_))
}

/// An answer without its body, and with the headers that it has in whatever form it is given.
fn head_of(status: StatusCode, served: &CachedResponse, tag: Option<HeaderValue>) -> HttpResponse {
    let snapshot = &served.entry;
    let mut response = HttpResponse::new(status);
    // Straight into the map: these are on every read, and a builder takes each through a conversion that may fail.
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    headers.insert(HERMES_VERSION, HeaderValue::from(snapshot.head.seq));
    headers.insert(HERMES_CACHE, HeaderValue::from_static(served.tier.as_str()));
    if let Some(tag) = tag {
        headers.insert(ETAG, tag);
    }
    if let Some(link) = snapshot.link.as_deref().and_then(value) {
        headers.insert(LINK, link);
    }
    if !served.verified {
        headers.insert(HERMES_FRESHNESS, HeaderValue::from_static("unverified"));
    }
    response
}

/// A tag or a link as a header says it. They are of letters, digits and signs, so it can.
fn value(text: &str) -> Option<HeaderValue> {
    HeaderValue::from_str(text).ok()
}
