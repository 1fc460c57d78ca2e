//! Which compressed form of an answer a caller takes (RFC 9110 section 12.5.3).

use actix_web::HttpRequest;
use actix_web::http::header::{self, AcceptEncoding, Header, Preference};
use hermes_service::read_cache::Encoding;

/// The form that the caller likes best; of those it likes the same, the smallest.
pub(super) fn wanted(request: &HttpRequest) -> Option<Encoding> {
    if !request.headers().contains_key(header::ACCEPT_ENCODING) {
        return None;
    }
    let accepted = AcceptEncoding::parse(request).ok()?;
    let quality = |encoding: Encoding| {
        let named = |item: &Preference<header::Encoding>| match item {
            Preference::Specific(known) => known.to_string() == encoding.as_str(),
            Preference::Any => false,
        };
        let item = accepted.iter().find(|item| named(&item.item));
        item.or_else(|| accepted.iter().find(|item| item.item.is_any())).map(|item| item.quality)
    };
    let mut best = None;
    for encoding in Encoding::ALL {
        let Some(quality) = quality(encoding).filter(|quality| *quality > header::Quality::ZERO) else {
            continue;
        };
        if best.is_none_or(|(_, known)| quality > known) {
            best = Some((encoding, quality));
        }
    }
    best.map(|(encoding, _)| encoding)
}

/// The tag of a form: other bytes, another tag.
pub(super) fn etag(etag: &str, encoding: Encoding) -> String {
    format!("{}-{}\"", etag.trim_end_matches('"'), encoding.as_str())
}

/// Whether a tag is that of an answer, in whatever form the caller has it.
pub(super) fn is_of_answer(known: &str, etag: &str) -> bool {
    known == etag
        || Encoding::ALL.into_iter().any(|encoding| {
            let plain = known.strip_suffix('"').and_then(|known| known.strip_suffix(encoding.as_str()));
            plain.and_then(|known| known.strip_suffix('-')) == etag.strip_suffix('"')
        })
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn wanted_by(accept: &str) -> Option<Encoding> {
        wanted(&TestRequest::default().insert_header(("Accept-Encoding", accept)).to_http_request())
    }

    #[test]
    fn the_caller_gets_the_form_it_likes_best() {
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
            ("", None),
            ("gzip;q=nonsense", None),
        ] {
            assert_eq!(wanted_by(accept), encoding, "{accept}");
        }
        assert_eq!(wanted(&TestRequest::default().to_http_request()), None);
    }

    #[test]
    fn every_form_has_a_tag_of_its_own() {
        assert_eq!(etag("\"42-a1\"", Encoding::Gzip), "\"42-a1-gzip\"");
        for encoding in Encoding::ALL {
            assert!(is_of_answer(&etag("\"42-a1\"", encoding), "\"42-a1\""));
        }
        assert!(is_of_answer("\"42-a1\"", "\"42-a1\""));
        for other in ["\"42-a2\"", "\"42-a1-deflate\"", "\"42-a1gzip\"", "42-a1", "\"42-a1-gzip", "\"", ""] {
            assert!(!is_of_answer(other, "\"42-a1\""), "{other}");
        }
    }
}
