//! The content coding of a cached response (RFC 9110 section 12.5.3).

use actix_web::HttpRequest;
use actix_web::http::header::{self, AcceptEncoding, Header, Preference, Quality};
use hermes_service::read_cache::Encoding;

/// Chooses the coding that the caller prefers; among equals, the smallest.
pub(super) fn negotiate(request: &HttpRequest) -> Option<Encoding> {
    if !request.headers().contains_key(header::ACCEPT_ENCODING) {
        return None;
    }
    let accepted = AcceptEncoding::parse(request).ok()?;
    let quality = |encoding: Encoding| {
        let is_named = |item: &Preference<header::Encoding>| match item {
            Preference::Specific(coding) => coding.to_string() == encoding.as_str(),
            Preference::Any => false,
        };
        let item = accepted.iter().find(|item| is_named(&item.item));
        item.or_else(|| accepted.iter().find(|item| item.item.is_any())).map(|item| item.quality)
    };
    let wanted = Encoding::ALL.into_iter().filter_map(|encoding| Some((encoding, quality(encoding)?)));
    let wanted = wanted.filter(|(_, quality)| *quality > Quality::ZERO);
    // Of equal maxima, `max_by_key` returns the last.
    wanted.rev().max_by_key(|(_, quality)| *quality).map(|(encoding, _)| encoding)
}

/// Returns the ETag of a coded response: other bytes need another tag.
pub(super) fn encoded_etag(etag: &str, encoding: Encoding) -> String {
    format!("{}-{}\"", etag.trim_end_matches('"'), encoding.as_str())
}

/// Returns whether a tag is the response's ETag in any coding.
pub(super) fn etag_matches(tag: &str, etag: &str) -> bool {
    tag == etag
        || Encoding::ALL.into_iter().any(|encoding| {
            let plain = tag.strip_suffix('"').and_then(|tag| tag.strip_suffix(encoding.as_str()));
            plain.and_then(|tag| tag.strip_suffix('-')) == etag.strip_suffix('"')
        })
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn negotiated(accept: &str) -> Option<Encoding> {
        negotiate(&TestRequest::default().insert_header(("Accept-Encoding", accept)).to_http_request())
    }

    #[test]
    fn the_caller_gets_the_coding_it_prefers() {
        for (accept, encoding) in [
            ("gzip", Some(Encoding::Gzip)),
            ("gzip, deflate, br, zstd", Some(Encoding::Brotli)),
            ("gzip, deflate, zstd", Some(Encoding::Gzip)),
            ("br;q=0.5, gzip", Some(Encoding::Gzip)),
            ("br;q=0, *", Some(Encoding::Gzip)),
            ("*", Some(Encoding::Brotli)),
            ("*;q=0", None),
            ("identity", None),
            ("deflate", None),
            ("zstd", None),
            ("", None),
            ("gzip;q=nonsense", None),
        ] {
            assert_eq!(negotiated(accept), encoding, "{accept}");
        }
        assert_eq!(negotiate(&TestRequest::default().to_http_request()), None);
    }

    #[test]
    fn every_coding_has_its_own_etag() {
        assert_eq!(encoded_etag("\"42-a1\"", Encoding::Gzip), "\"42-a1-gzip\"");
        for encoding in Encoding::ALL {
            assert!(etag_matches(&encoded_etag("\"42-a1\"", encoding), "\"42-a1\""));
        }
        assert!(etag_matches("\"42-a1\"", "\"42-a1\""));
        for other in ["\"42-a2\"", "\"42-a1-deflate\"", "\"42-a1gzip\"", "42-a1", "\"42-a1-gzip", "\"", ""] {
            assert!(!etag_matches(other, "\"42-a1\""), "{other}");
        }
    }
}
