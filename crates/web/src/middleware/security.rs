//! Response headers that restrict what a browser may do with a response.

use actix_web::http::header::{
    CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};

/// The kind of a response, which selects its security headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ResponseKind {
    /// Data. A browser must not render or execute it.
    Api,
    /// A page, or an asset of a page.
    Page,
}

impl ResponseKind {
    pub(super) fn from_path(path: &str) -> Self {
        let is_api = path.starts_with("/api/") || path.starts_with("/health");
        if is_api && !path.starts_with("/api/docs") { Self::Api } else { Self::Page }
    }
}

const NO_SNIFF: (HeaderName, HeaderValue) = (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));

const API_POLICY: &str = "default-src 'none'; frame-ancestors 'none'";

/// Allows content from this origin only; no inline script or style, no framing.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                           font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; \
                           frame-ancestors 'none'";

const HTML_HEADERS: [(HeaderName, HeaderValue); 4] = [
    (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    // The URL of a payment page contains its token. No other site may receive it.
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(), microphone=(), geolocation=()"),
    ),
];

/// Adds the headers that the endpoint did not set.
pub(super) fn add_headers(kind: ResponseKind, headers: &mut HeaderMap) {
    let policy = match kind {
        ResponseKind::Api => API_POLICY,
        ResponseKind::Page => PAGE_POLICY,
    };
    add(headers, NO_SNIFF);
    add(headers, (CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy)));
    if kind != ResponseKind::Api {
        HTML_HEADERS.into_iter().for_each(|header| add(headers, header));
    }
}

fn add(headers: &mut HeaderMap, (name, value): (HeaderName, HeaderValue)) {
    if !headers.contains_key(&name) {
        headers.insert(name, value);
    }
}
