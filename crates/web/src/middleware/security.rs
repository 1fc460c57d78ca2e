//! Headers that tell browsers what an answer may do: nothing that it does not need.

use actix_web::http::header::{
    CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};

/// What an answer is, as far as browsers are concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Data: nothing in it is run or shown.
    Api,
    /// A page, or a part of one.
    Page,
}

const API: [(HeaderName, HeaderValue); 2] = [
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'")),
];

/// Everything from this origin, no inline script or style, no framing.
const PAGE: (HeaderName, HeaderValue) = (
    CONTENT_SECURITY_POLICY,
    HeaderValue::from_static(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
         connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
);

const EVERY_PAGE: [(HeaderName, HeaderValue); 5] = [
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    // A payer's page has its secret in its address: it is told to nobody.
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(), microphone=(), geolocation=()"),
    ),
];

impl Place {
    pub(super) fn of(path: &str) -> Self {
        if path.starts_with("/api/docs") {
            Self::Page
        } else if path.starts_with("/api/") || path.starts_with("/health") {
            Self::Api
        } else {
            Self::Page
        }
    }
}

/// Adds the headers that an endpoint has not set itself.
pub(super) fn add_headers(place: Place, headers: &mut HeaderMap) {
    match place {
        Place::Api => add(headers, API),
        Place::Page => {
            add(headers, [PAGE]);
            add(headers, EVERY_PAGE);
        }
    }
}

fn add<const N: usize>(headers: &mut HeaderMap, all: [(HeaderName, HeaderValue); N]) {
    for (name, value) in all {
        if !headers.contains_key(&name) {
            headers.insert(name, value);
        }
    }
}
