//! Rejects forms that a page of another site sent.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::{HOST, HeaderMap, ORIGIN};
use actix_web::{FromRequest, HttpRequest};

use crate::problem::{Problem, ProblemCode};

/// A request that no page of another site sent.
///
/// A browser names the sender in `Sec-Fetch-Site`; an older browser only in `Origin`. A request without both headers
/// comes from a program, which does not have the cookies or the network of another user.
#[derive(Debug, Clone, Copy)]
pub struct SameSite;

impl FromRequest for SameSite {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(if is_same_site(request.headers()) {
            Ok(Self)
        } else {
            Err(Problem::new(ProblemCode::CrossSite))
        })
    }
}

fn is_same_site(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    match text("sec-fetch-site") {
        // `Origin` may still differ: a proxy can change `Host`, and a page without a referrer sends "null".
        Some("same-origin" | "none") => true,
        // This includes "same-site": another party may run a neighbouring subdomain.
        Some(_) => false,
        None if headers.contains_key(ORIGIN) => {
            let origin = text(ORIGIN.as_str()).and_then(|origin| origin.split_once("://"));
            let host = text(HOST.as_str());
            origin.zip(host).is_some_and(|((_, origin), host)| origin.eq_ignore_ascii_case(host))
        }
        None => true,
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn accepts(headers: &[(&str, &str)]) -> bool {
        let request = headers
            .iter()
            .fold(TestRequest::post().insert_header((HOST, "pay.example.org:9292")), |request, header| {
                request.insert_header(*header)
            });
        is_same_site(request.to_http_request().headers())
    }

    #[test]
    fn a_form_of_this_site_and_a_program_are_accepted() {
        assert!(accepts(&[]));
        assert!(accepts(&[("sec-fetch-site", "same-origin"), ("origin", "null")]));
        assert!(accepts(&[("sec-fetch-site", "none")]));
        assert!(accepts(&[("origin", "https://PAY.example.org:9292")]));
    }

    #[test]
    fn a_form_of_another_site_is_rejected() {
        for headers in [
            [("sec-fetch-site", "cross-site"), ("origin", "https://pay.example.org:9292")],
            [("sec-fetch-site", "same-site"), ("origin", "https://www.example.org")],
            [("x-none", "-"), ("origin", "https://evil.example")],
            [("x-none", "-"), ("origin", "https://pay.example.org")],
            [("x-none", "-"), ("origin", "null")],
        ] {
            assert!(!accepts(&headers), "{headers:?}");
        }
    }
}
