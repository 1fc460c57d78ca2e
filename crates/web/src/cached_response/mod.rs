//! Responses from the read cache: one function for every endpoint that has a cached response.
//!
//! A cache hit builds no JSON and copies no body. The body and its compressed forms are shared with every other
//! request that gets the same response.

mod encoding;
mod renderer;

use actix_web::http::StatusCode;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderName, HeaderValue, LINK, VARY,
};
use actix_web::{HttpRequest, HttpResponse};
use hermes_service::read_cache::{CachedResponse, Query};

use self::encoding::{encoded_etag, etag_matches, negotiate};
use crate::extract::matched_etag;
use crate::middleware::PRIVATE;
use crate::problem::{Problem, ProblemCode};
use crate::state::AppState;

pub use renderer::{BODY_FORMAT, JsonRenderer};

/// The header with the sequence number of the ledger head at which the response was read.
pub(crate) const HERMES_VERSION: HeaderName = HeaderName::from_static("hermes-version");
/// The header with the cache tier that served the response.
const HERMES_CACHE: HeaderName = HeaderName::from_static("hermes-cache");
/// The header of a response that the database could not verify.
const HERMES_FRESHNESS: HeaderName = HeaderName::from_static("hermes-freshness");

/// Responds to a query whose result always exists.
///
/// # Errors
/// 503 if neither the cache nor the database can serve the query.
pub(crate) async fn respond(
    state: &AppState,
    request: &HttpRequest,
    query: &Query,
) -> Result<HttpResponse, Problem> {
    let response = respond_if_found(state, request, query).await?;
    response.ok_or_else(|| Problem::new(ProblemCode::NotFound))
}

/// Responds to a query, with 304 if the caller already has the response; `None` if the resource does not exist.
///
/// # Errors
/// 503 if neither the cache nor the database can serve the query.
pub(crate) async fn respond_if_found(
    state: &AppState,
    request: &HttpRequest,
    query: &Query,
) -> Result<Option<HttpResponse>, Problem> {
    let Some(served) = state.reads.read(query).await? else { return Ok(None) };
    let entry = &served.entry;
    // A 304 repeats the caller's tag, so that a cache in between knows which coding is meant.
    if let Some(tag) = matched_etag(request, &entry.etag, |tag| etag_matches(tag, &entry.etag)) {
        return Ok(Some(base_response(StatusCode::NOT_MODIFIED, &served, Some(tag))));
    }
    let wanted = if is_compressible(query) { negotiate(request) } else { None };
    let encoded = wanted.and_then(|encoding| Some((encoding, state.reads.encoded(query, entry, encoding)?)));
    let (tag, body) = match &encoded {
        Some((encoding, bytes)) => (header_value(&encoded_etag(&entry.etag, *encoding)), bytes),
        None => (header_value(&entry.etag), &entry.body),
    };
    let mut response = base_response(StatusCode::OK, &served, tag);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Some((encoding, _)) = &encoded {
        response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static(encoding.as_str()));
    }
    Ok(Some(response.set_body(body.clone()).map_into_boxed_body()))
}

/// The ETag of a single payment is the precondition of its next change, so it has no coded forms.
const fn is_compressible(query: &Query) -> bool {
    !matches!(query, Query::Booking(_))
}

/// Builds a response with every header that does not depend on the coding.
fn base_response(status: StatusCode, served: &CachedResponse, tag: Option<HeaderValue>) -> HttpResponse {
    let entry = &served.entry;
    let mut response = HttpResponse::new(status);
    let headers = response.headers_mut();
    // A client that stores the body nevertheless can revalidate it with its tag.
    headers.insert(CACHE_CONTROL, PRIVATE);
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    headers.insert(HERMES_VERSION, HeaderValue::from(entry.head.seq));
    headers.insert(HERMES_CACHE, HeaderValue::from_static(served.tier.as_str()));
    if let Some(tag) = tag {
        headers.insert(ETAG, tag);
    }
    if let Some(link) = entry.link.as_deref().and_then(header_value) {
        headers.insert(LINK, link);
    }
    if !served.verified {
        headers.insert(HERMES_FRESHNESS, HeaderValue::from_static("unverified"));
    }
    response
}

/// Converts a tag or a link, which are visible ASCII, to a header value.
fn header_value(text: &str) -> Option<HeaderValue> {
    HeaderValue::from_str(text).ok()
}
