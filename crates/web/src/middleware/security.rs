//! Response headers that restrict what a browser and a cache may do with a response.

use actix_web::dev::ServiceResponse;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};

/// The headers of every response.
const COMMON_HEADERS: [(HeaderName, HeaderValue); 5] = [
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    // The URL of a payment page contains its token. No other site may receive it.
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    // Most responses contain personal data. An endpoint with public content sets another value.
    (CACHE_CONTROL, PRIVATE),
];

/// The value for responses with personal data.
pub(crate) const PRIVATE: HeaderValue = HeaderValue::from_static("private, no-store");

/// Makes a browser use TLS for one year (RFC 6797).
const STRICT_TRANSPORT: (HeaderName, HeaderValue) =
    (STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));

const API_POLICY: &str = "default-src 'none'; frame-ancestors 'none'";

/// Allows content from this origin only; no inline script or style, no framing.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                           font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; \
                           frame-ancestors 'none'";

const PAGE_HEADERS: [(HeaderName, HeaderValue); 2] = [
    (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(), microphone=(), geolocation=()"),
    ),
];

/// Adds the headers that the endpoint did not set. A browser must neither render nor execute the data of the API.
pub(super) fn add_headers(response: &mut ServiceResponse, uses_tls: bool) {
    let path = response.request().path();
    let is_api = path.starts_with("/api/") || path.starts_with("/health");
    let is_page = !is_api || path.starts_with("/api/docs");
    let policy = if is_page { PAGE_POLICY } else { API_POLICY };
    let headers = response.headers_mut();
    COMMON_HEADERS.into_iter().for_each(|header| add(headers, header));
    add(headers, (CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy)));
    if uses_tls {
        add(headers, STRICT_TRANSPORT);
    }
    if is_page {
        PAGE_HEADERS.into_iter().for_each(|header| add(headers, header));
    }
}

fn add(headers: &mut HeaderMap, (name, value): (HeaderName, HeaderValue)) {
    if !headers.contains_key(&name) {
        headers.insert(name, value);
    }
}
