//! The key that a request presents.

use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use data_encoding::BASE64;
use hermes_domain::access::ApiKey;
use percent_encoding::percent_decode_str;

/// The user name of HTTP Basic; the password is the key.
const BASIC_USER: &str = "key:";
/// The start of every key.
const KEY_PREFIX: &str = "hk_";
/// The length of the public id that follows, in characters.
const KEY_ID_LENGTH: usize = 10;

/// The key of a request.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Credentials {
    /// The request presents no key. Another scheme may be for a proxy.
    Missing,
    /// The request presents something that cannot be a key, or two values.
    Invalid,
    /// A key whose checksum is right.
    Key(ApiKey),
}

impl Credentials {
    /// Reads the key from `Authorization`: `Bearer` (RFC 6750 section 2.1), or `Basic` (RFC 7617) where browsers need it.
    pub fn read(headers: &HeaderMap, accepts_basic: bool) -> Self {
        let mut values = headers.get_all(AUTHORIZATION);
        let value = match (values.next(), values.next()) {
            (None, _) => return Self::Missing,
            (Some(value), None) => value.to_str().unwrap_or_default(),
            (Some(_), Some(_)) => return Self::Invalid,
        };
        let (scheme, rest) = value.split_once(' ').unwrap_or((value, ""));
        let rest = rest.trim_matches(' ');
        if scheme.eq_ignore_ascii_case("bearer") {
            return Self::parse(rest);
        }
        if accepts_basic && scheme.eq_ignore_ascii_case("basic") {
            let decoded = BASE64.decode(rest.as_bytes()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            return decoded
                .and_then(|text| text.strip_prefix(BASIC_USER).map(Self::parse))
                .unwrap_or(Self::Missing);
        }
        Self::Missing
    }

    fn parse(text: &str) -> Self {
        ApiKey::parse(text).map_or(Self::Invalid, Self::Key)
    }
}

/// Returns whether a query contains a key, percent-encoded or not. URLs are logged by proxies and stored by browsers.
pub(super) fn is_in_query(query: &str) -> bool {
    let query = percent_decode_str(query).decode_utf8_lossy();
    query.match_indices(KEY_PREFIX).any(|(start, prefix)| {
        let rest = query.as_bytes().get(start + prefix.len()..).unwrap_or_default();
        let (id, rest) = rest.split_at_checked(KEY_ID_LENGTH).unwrap_or_default();
        !id.is_empty() && id.iter().all(u8::is_ascii_alphanumeric) && rest.first() == Some(&b'_')
    })
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use hermes_test_support::SequentialRandom;

    use super::*;

    fn key() -> ApiKey {
        ApiKey::generate(&SequentialRandom::new())
    }

    fn read(values: &[&str], accepts_basic: bool) -> Credentials {
        let request = TestRequest::default();
        let request =
            values.iter().fold(request, |request, value| request.append_header((AUTHORIZATION, *value)));
        Credentials::read(request.to_http_request().headers(), accepts_basic)
    }

    #[test]
    fn a_key_is_read_from_one_bearer_header() {
        let text = key().expose();
        for scheme in ["Bearer", "bearer", "BEARER "] {
            assert_eq!(read(&[&format!("{scheme} {text}")], false), Credentials::Key(key()), "{scheme}");
        }
        let bearer = format!("Bearer {text}");
        assert_eq!(read(&[&bearer, &bearer], false), Credentials::Invalid);
        assert_eq!(read(&[&bearer, "Basic eA=="], false), Credentials::Invalid);
        for invalid in
            ["Bearer", "Bearer ", "Bearer x", &format!("Bearer {text}x"), &format!("Bearer  {text} x")]
        {
            assert_eq!(read(&[invalid], false), Credentials::Invalid, "{invalid}");
        }
        for other in ["", &text, "Digest x", &format!("Token {text}"), &format!("Bearer\t{text}")] {
            assert_eq!(read(&[other], false), Credentials::Missing, "{other}");
        }
    }

    #[test]
    fn a_browser_sends_the_key_as_the_password_of_the_user_key() {
        let basic = |text: &str| format!("Basic {}", BASE64.encode(text.as_bytes()));
        let login = basic(&format!("key:{}", key().expose()));
        assert_eq!(read(&[&login], true), Credentials::Key(key()));
        assert_eq!(read(&[&login], false), Credentials::Missing, "the portal does not accept it");
        assert_eq!(read(&[&basic("key:x")], true), Credentials::Invalid);
        for other in [basic(&format!("admin:{}", key().expose())), "Basic %".to_owned(), "Basic".to_owned()] {
            assert_eq!(read(&[&other], true), Credentials::Missing, "{other}");
        }
    }

    #[test]
    fn a_key_anywhere_in_a_query_is_found() {
        let text = key().expose();
        for query in
            [format!("key={text}"), format!("a=1&{text}"), format!("q=hk_+{text}"), text[..20].to_owned()]
        {
            let encoded: String = query.bytes().map(|byte| format!("%{byte:02x}")).collect();
            for query in [query.replace('_', "%5F"), format!("q=%ff{encoded}")] {
                assert!(is_in_query(&query), "{query}");
            }
            assert!(is_in_query(&query), "{query}");
        }
        for query in ["", "q=hk_", "q=hk_short", "q=hk_0123456789", "limit=10"] {
            assert!(!is_in_query(query), "{query}");
        }
    }
}
