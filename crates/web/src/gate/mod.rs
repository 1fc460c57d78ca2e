//! The request gate: rejects a request before any endpoint runs, because of its host, origin, coding or headers.
//!
//! [`host`] prevents DNS rebinding. [`origin`] prevents cross-site requests. [`forwarded`] reads the headers of trusted
//! proxies.

mod forwarded;
mod host;
mod origin;

use actix_web::http::Method;
use actix_web::http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue};
use actix_web::{HttpRequest, web};
use ipnet::IpNet;

pub use forwarded::{ForwardedHeader, client_address};
pub(crate) use forwarded::{is_from_proxy, is_https};

use crate::extract::RequestId;
use crate::middleware::known_method;
use crate::problem::{Problem, ProblemCode};

/// What the gate accepts. The default accepts `localhost` and IP addresses, and trusts no proxy.
#[derive(Debug, Clone, Default)]
pub struct GateSettings {
    /// The host names that clients may use, without port, in addition to `localhost` and every IP address.
    pub hosts: Vec<String>,
    /// The origins whose pages may send unsafe requests, such as `https://pay.example.org`.
    pub trusted_origins: Vec<String>,
    /// The networks of the proxies whose forwarded headers and request ids are used.
    pub trusted_proxies: Vec<IpNet>,
    /// The headers of the proxies that are used.
    pub forwarded_header: ForwardedHeader,
    /// Whether clients reach the portal over TLS.
    pub uses_tls: bool,
}

/// The gate of a server. A server without this value rejects every request.
#[derive(Debug, Default)]
pub struct RequestGate {
    settings: GateSettings,
}

impl RequestGate {
    /// Creates a gate.
    pub fn new(settings: GateSettings) -> Self {
        Self { settings }
    }

    /// Returns whether clients reach the portal over TLS.
    pub(crate) fn uses_tls(&self) -> bool {
        self.settings.uses_tls
    }

    /// Checks everything but the body of a request.
    ///
    /// # Errors
    /// 400 for ambiguous headers, 403 for a cross-site request, 415 for a compressed body, 421 for an unknown host.
    pub(crate) fn check(&self, request: &HttpRequest) -> Result<(), Problem> {
        let headers = request.headers();
        check_coding(headers)?;
        host::check(request, &self.settings)?;
        if is_safe(request.method()) {
            return Ok(());
        }
        origin::check(request, &self.settings)?;
        check_media_type(headers)
    }

    /// Returns the gate of the server that received a request.
    pub(crate) fn of(request: &HttpRequest) -> Option<&Self> {
        Some(request.app_data::<web::Data<Self>>()?.get_ref())
    }
}

/// Logs a rejection as a security event without personal data: the route instead of the path, and no header.
///
/// The message is the same for all requests that one code rejects, so the log limits them together.
pub(crate) fn log_rejection(code: ProblemCode, request: &HttpRequest, id: &RequestId) {
    log::warn!(
        target: "hermes::security",
        request_id = id.as_str(),
        code = code.as_str(),
        method = known_method(request.method()),
        route = request.match_pattern().as_deref().unwrap_or("unmatched");
        "rejected a request: {}",
        code.as_str()
    );
}

/// Returns whether a method changes nothing (RFC 9110 section 9.2.1).
fn is_safe(method: &Method) -> bool {
    [Method::GET, Method::HEAD, Method::OPTIONS].contains(method)
}

/// Rejects every coding: a small compressed body can have any size (RFC 9110 section 15.5.16).
fn check_coding(headers: &HeaderMap) -> Result<(), Problem> {
    let mut codings = headers.get_all(CONTENT_ENCODING);
    if codings.all(|coding| coding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Ok(());
    }
    Err(Problem::new(ProblemCode::UnsupportedEncoding)
        .with_header(ACCEPT_ENCODING, HeaderValue::from_static("identity")))
}

/// Rejects two media types. Choosing one of them would be a guess.
fn check_media_type(headers: &HeaderMap) -> Result<(), Problem> {
    if headers.get_all(CONTENT_TYPE).len() < 2 {
        return Ok(());
    }
    Err(Problem::new(ProblemCode::BadRequest).with_detail("Nothing was saved. Send one Content-Type header."))
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HOST;
    use actix_web::test::TestRequest;

    use super::*;

    fn check(method: Method, headers: &[(&str, &str)]) -> Result<(), ProblemCode> {
        let request = TestRequest::with_uri("/").method(method).insert_header((HOST, "localhost"));
        let request = headers.iter().fold(request, |request, header| request.append_header(*header));
        RequestGate::default().check(&request.to_http_request()).map_err(|problem| problem.code)
    }

    #[test]
    fn every_coding_but_identity_is_rejected_for_every_method() {
        for method in [Method::GET, Method::POST, Method::PATCH] {
            for coding in ["br", "gzip", "zstd", "deflate", "identity, br", "unknown", ""] {
                let rejected = Err(ProblemCode::UnsupportedEncoding);
                assert_eq!(check(method.clone(), &[("content-encoding", coding)]), rejected, "{coding}");
            }
            assert_eq!(check(method.clone(), &[("content-encoding", "Identity")]), Ok(()));
        }
        let both = [("content-encoding", "identity"), ("content-encoding", "br")];
        assert_eq!(check(Method::POST, &both), Err(ProblemCode::UnsupportedEncoding));
    }

    #[test]
    fn two_media_types_are_rejected() {
        let types = [("content-type", "application/json"), ("content-type", "text/plain")];
        assert_eq!(check(Method::POST, &types[..1]), Ok(()));
        assert_eq!(check(Method::POST, &types), Err(ProblemCode::BadRequest));
    }
}
