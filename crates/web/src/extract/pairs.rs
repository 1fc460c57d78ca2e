//! Names and values, as queries and forms have them.

use std::collections::HashSet;

use percent_encoding::percent_decode;

use crate::problem::{Problem, ProblemCode};

/// Decodes pairs, in the order they were sent.
///
/// # Errors
/// When they are no text, or a name is there twice: to choose one of two amounts would be a guess.
pub(crate) fn pairs_of(encoded: &[u8], code: ProblemCode) -> Result<Vec<(String, String)>, Problem> {
    let wrong = |detail: &str| Problem::new(code).with_detail(detail);
    // The decoder would put other characters where there are none, and an address would be saved that nobody typed.
    let is_text = percent_decode(encoded).decode_utf8().is_ok();
    let pairs = serde_urlencoded::from_bytes::<Vec<(String, String)>>(encoded).ok().filter(|_| is_text);
    let pairs =
        pairs.ok_or_else(|| wrong("Nothing was saved. Send percent-encoded UTF-8; some of it is not."))?;
    let mut seen = HashSet::with_capacity(pairs.len());
    if !pairs.iter().all(|(name, _)| seen.insert(name.as_str())) {
        return Err(wrong("Nothing was saved. Send each name once; one of them is there twice."));
    }
    Ok(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(encoded: &str) -> Option<Vec<(String, String)>> {
        pairs_of(encoded.as_bytes(), ProblemCode::InvalidQuery).ok()
    }

    #[test]
    fn pairs_are_decoded_in_order() {
        let pairs = read("name=Ana+Ruiz&email=ana%40example.org&school=%C3%89cole").unwrap();
        let values: Vec<_> = pairs.iter().map(|(_, value)| value.as_str()).collect();
        assert_eq!(values, ["Ana Ruiz", "ana@example.org", "École"]);
    }

    #[test]
    fn what_is_no_text_is_refused_and_not_replaced() {
        for encoded in ["email=bad%ff@example.org", "a=%C3&b=%89", "%ff=1"] {
            assert_eq!(read(encoded), None, "{encoded}");
        }
    }

    #[test]
    fn a_name_that_is_there_twice_is_refused() {
        assert_eq!(read("amount=1&name=x&amount=2"), None);
        assert_eq!(read("amount=1&%61mount=1"), None);
    }
}
