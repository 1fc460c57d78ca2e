//! The `application/x-www-form-urlencoded` encoding of queries and forms.

use std::collections::HashSet;

use percent_encoding::percent_decode;

/// The reason why an encoding is rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum UrlencodedError {
    /// The bytes are not percent-encoded UTF-8.
    NotUtf8,
    /// A name appears twice. Choosing one of the two values would be a guess.
    RepeatedName,
}

impl UrlencodedError {
    /// Returns how to correct the request.
    pub const fn advice(self) -> &'static str {
        match self {
            Self::NotUtf8 => "Send percent-encoded UTF-8; some bytes are not.",
            Self::RepeatedName => "Send each name once; at least one name appears twice.",
        }
    }
}

/// Decodes names and values, in the order of the request.
pub(super) fn parse_urlencoded(encoded: &[u8]) -> Result<Vec<(String, String)>, UrlencodedError> {
    // serde_urlencoded replaces invalid bytes and preserves invalid escapes. A changed address would be saved.
    if has_invalid_escape(encoded) || percent_decode(encoded).decode_utf8().is_err() {
        return Err(UrlencodedError::NotUtf8);
    }
    let pairs: Vec<(String, String)> =
        serde_urlencoded::from_bytes(encoded).map_err(|_| UrlencodedError::NotUtf8)?;
    let mut seen = HashSet::with_capacity(pairs.len());
    if pairs.iter().all(|(name, _)| seen.insert(name.as_str())) {
        Ok(pairs)
    } else {
        Err(UrlencodedError::RepeatedName)
    }
}

/// Decodes the names and values of a query that only fills in a form; none if it cannot be decoded.
pub fn query_pairs(query: &str) -> Vec<(String, String)> {
    parse_urlencoded(query.as_bytes()).unwrap_or_default()
}

/// Returns whether a `%` is not followed by two hexadecimal digits.
fn has_invalid_escape(encoded: &[u8]) -> bool {
    let is_escape = |after: &[u8]| matches!(after, [high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit());
    encoded.split(|byte| *byte == b'%').skip(1).any(|after| !is_escape(after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_decoded_in_order() {
        let pairs = parse_urlencoded(b"name=Ana+Ruiz&email=ana%40example.org&school=%C3%89cole").unwrap();
        let values: Vec<_> = pairs.iter().map(|(_, value)| value.as_str()).collect();
        assert_eq!(values, ["Ana Ruiz", "ana@example.org", "École"]);
    }

    #[test]
    fn invalid_utf8_and_invalid_escapes_are_rejected() {
        for encoded in [
            "email=bad%ff@example.org",
            "a=%C3&b=%89",
            "%ff=1",
            "a=%zz",
            "a=%",
            "a=100%",
            "a=%4",
            "a=%%41",
            "%+1=b",
        ] {
            assert_eq!(parse_urlencoded(encoded.as_bytes()), Err(UrlencodedError::NotUtf8), "{encoded}");
        }
    }

    #[test]
    fn a_repeated_name_is_rejected() {
        for encoded in ["amount=1&name=x&amount=2", "amount=1&%61mount=1"] {
            assert_eq!(parse_urlencoded(encoded.as_bytes()), Err(UrlencodedError::RepeatedName), "{encoded}");
        }
    }
}
