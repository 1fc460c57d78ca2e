//! Conditional requests (RFC 9110 section 13).

use actix_web::HttpRequest;
use actix_web::http::header::{IF_MATCH, IF_NONE_MATCH};

use crate::problem::{Problem, ProblemCode};
use crate::wire::version_of_etag;

/// The version that an `If-Match` names, which must be there.
///
/// # Errors
/// 428 without the header, 412 when it names no version of a payment.
pub fn expected_version(request: &HttpRequest) -> Result<i64, Problem> {
    optional_version(request)?.ok_or_else(|| Problem::new(ProblemCode::PreconditionRequired))
}

/// The version that an `If-Match` names, where there is one.
///
/// # Errors
/// 412 when the header names no version of a payment: then none matches.
pub fn optional_version(request: &HttpRequest) -> Result<Option<i64>, Problem> {
    let Some(value) = request.headers().get(IF_MATCH) else {
        return Ok(None);
    };
    let mismatch = || Problem::new(ProblemCode::VersionMismatch);
    let etag = value.to_str().map_err(|_| mismatch())?.trim();
    version_of_etag(etag).map(Some).ok_or_else(mismatch)
}

/// Whether the caller has what it asks for already; weak comparison, as RFC 9110 13.1.2 says.
pub fn is_not_modified(request: &HttpRequest, etag: &str) -> bool {
    request.headers().get_all(IF_NONE_MATCH).filter_map(|value| value.to_str().ok()).any(|value| {
        value.split(',').map(str::trim).any(|known| known == "*" || known.trim_start_matches("W/") == etag)
    })
}
