//! Rejects unsafe requests that a page of another site sent.
//!
//! The rule is that of `CrossOriginProtection` in Go 1.25. A browser names the sender in `Sec-Fetch-Site`; an older
//! browser, or one without TLS, only in `Origin`. A request without both headers comes from a program, which does not
//! have the cookies or the network of another user.

use actix_web::HttpRequest;
use actix_web::http::header::{HOST, HeaderName, ORIGIN};

use super::GateSettings;
use super::forwarded::forwarded_host;
use crate::problem::{Problem, ProblemCode};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Checks the sender of an unsafe request.
///
/// # Errors
/// 403 if the sender is a page of another site.
pub(super) fn check(request: &HttpRequest, settings: &GateSettings) -> Result<(), Problem> {
    if is_same_origin(request) || is_trusted(request, settings) {
        return Ok(());
    }
    Err(Problem::new(ProblemCode::CrossSite))
}

fn is_same_origin(request: &HttpRequest) -> bool {
    let headers = request.headers();
    let mut sites = headers.get_all(SEC_FETCH_SITE).peekable();
    if sites.peek().is_some() {
        // `Origin` may still differ: a proxy can change `Host`, and a page without a referrer sends "null".
        // The value "same-site" is rejected, because another party may run a neighbouring subdomain.
        return sites.all(|site| site == "same-origin" || site == "none");
    }
    headers.get_all(ORIGIN).all(|origin| {
        let origin = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
        origin.is_some_and(|(_, host)| is_own_host(request, host))
    })
}

fn is_own_host(request: &HttpRequest, host: &str) -> bool {
    let own = request.headers().get(HOST).and_then(|own| own.to_str().ok());
    own.into_iter().chain(forwarded_host(request)).any(|own| own.eq_ignore_ascii_case(host))
}

fn is_trusted(request: &HttpRequest, settings: &GateSettings) -> bool {
    let mut origins = request.headers().get_all(ORIGIN).peekable();
    let is_listed = |origin: &str| settings.trusted_origins.iter().any(|known| known == origin);
    origins.peek().is_some() && origins.all(|origin| origin.to_str().is_ok_and(is_listed))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn accepts(headers: &[(&str, &str)]) -> bool {
        let trusted_origins = vec!["https://www.example.com".to_owned()];
        let settings = GateSettings { trusted_origins, ..GateSettings::default() };
        let request = TestRequest::post().insert_header((HOST, "pay.example.org:9292"));
        let request = headers.iter().fold(request, |request, header| request.append_header(*header));
        check(&request.to_http_request(), &settings).is_ok()
    }

    #[test]
    fn a_page_of_this_origin_and_a_program_are_accepted() {
        assert!(accepts(&[]));
        assert!(accepts(&[("sec-fetch-site", "same-origin"), ("origin", "null")]));
        assert!(accepts(&[("sec-fetch-site", "none")]));
        assert!(accepts(&[("origin", "https://PAY.example.org:9292")]));
    }

    #[test]
    fn a_page_of_another_origin_is_rejected() {
        for headers in [
            &[("sec-fetch-site", "cross-site"), ("origin", "https://pay.example.org:9292")][..],
            &[("sec-fetch-site", "same-site"), ("origin", "https://www.example.org")],
            &[("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "")],
            &[("origin", "https://evil.example")],
            &[("origin", "https://pay.example.org")],
            &[("origin", "https://pay.example.org:9292"), ("origin", "https://evil.example")],
            &[("origin", "null")],
            &[("origin", "")],
        ] {
            assert!(!accepts(headers), "{headers:?}");
        }
    }

    #[test]
    fn a_trusted_origin_is_accepted_and_must_be_equal() {
        assert!(accepts(&[("origin", "https://www.example.com")]));
        assert!(accepts(&[("sec-fetch-site", "cross-site"), ("origin", "https://www.example.com")]));
        for origin in
            ["http://www.example.com", "https://www.example.com:8443", "https://www.example.com.evil.example"]
        {
            assert!(!accepts(&[("sec-fetch-site", "cross-site"), ("origin", origin)]), "{origin}");
        }
    }
}
