//! The `Idempotency-Key` of a request (draft-ietf-httpapi-idempotency-key-header).

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use hermes_domain::ledger::{Digest, IdempotencyClaim};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::problem::{Problem, ProblemCode};

const HEADER: &str = "idempotency-key";
/// The longest key, in bytes.
const LENGTH_MAX: usize = 255;

/// The key, when the caller gave one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey(pub Option<String>);

impl IdempotencyKey {
    /// Reads a key, quoted or bare; `None` is none.
    pub(crate) fn parse(text: &str) -> Option<String> {
        let bare = match text.strip_prefix('"') {
            Some(rest) => rest.strip_suffix('"')?,
            None => text,
        };
        let visible = |byte: u8| (b'!'..=b'~').contains(&byte) && byte != b'"';
        let fits = !bare.is_empty() && bare.len() <= LENGTH_MAX && bare.bytes().all(visible);
        fits.then(|| bare.to_owned())
    }
}

impl FromRequest for IdempotencyKey {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let mut values = request.headers().get_all(HEADER);
        let key = match (values.next(), values.next()) {
            (None, _) => Ok(None),
            (Some(value), None) => value
                .to_str()
                .ok()
                .and_then(|text| Self::parse(text.trim()))
                .map(Some)
                .ok_or_else(|| Problem::new(ProblemCode::InvalidIdempotencyKey)),
            (Some(_), Some(_)) => Err(Problem::new(ProblemCode::InvalidIdempotencyKey)),
        };
        ready(key.map(Self))
    }
}

/// What is claimed by a key: the caller and the operation make its scope, the parsed content its fingerprint.
pub fn claim(actor: &str, operation: &str, key: &str, fingerprint: Digest) -> IdempotencyClaim {
    let mut hasher = Sha256::new();
    for part in [actor, operation, key] {
        // None of the parts has a line break in it.
        hasher.update(part.as_bytes());
        hasher.update(b"\n");
    }
    IdempotencyClaim { scope_hash: hasher.finalize().into(), fingerprint }
}

/// The digest of what a request says once it is read: the order of members and white space do not matter.
pub fn fingerprint(content: &impl Serialize) -> Digest {
    // Texts and numbers: serialising them cannot fail.
    Sha256::digest(serde_json::to_vec(content).unwrap_or_default()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_visible_ascii_quoted_or_bare() {
        assert_eq!(IdempotencyKey::parse("\"abc-1\""), Some("abc-1".to_owned()));
        assert_eq!(IdempotencyKey::parse("abc-1"), Some("abc-1".to_owned()));
        for text in ["", "\"\"", "\"abc", "a b", "é", &"x".repeat(256)] {
            assert_eq!(IdempotencyKey::parse(text), None, "{text}");
        }
    }

    fn fingerprint_of(body: &str) -> Digest {
        let object = crate::extract::JsonObject::parse(body.as_bytes()).unwrap();
        fingerprint(&crate::api::bookings::content(&crate::extract::booking_from_json(object).unwrap()))
    }

    const BODY: &str =
        r#"{"name":"Ana Ruiz","email":"ana@example.org","amount":"35000.00","school":"Harvard"}"#;

    #[test]
    fn how_a_body_is_written_does_not_matter() {
        for same in [
            r#"{"school":"Harvard","amount":"35000.00","email":"ana@example.org","name":"Ana Ruiz"}"#,
            "{\n\t\"name\" : \"Ana\\u0020Ruiz\",\r\n \"email\":\"ana@example.org\", \"amount\":3.5e4, \"school\":\"Harvard\" }",
            r#"{"name":"Ana Ruiz","email":"ana@example.org","amount":35000,"currency_from":"usd","school":"Harvard"}"#,
            r#"{"name":"Ana Ruiz","email":"ana@example.org","amount":35000.0,"school":"Harvard","student_id":null}"#,
        ] {
            assert_eq!(fingerprint_of(same), fingerprint_of(BODY), "{same}");
        }
    }

    #[test]
    fn what_a_body_says_does() {
        let mut seen = vec![fingerprint_of(BODY)];
        for (part, other) in [
            ("Ana Ruiz", "Ana Luz"),
            ("ana@example.org", "ana@example.com"),
            ("35000.00", "35000.01"),
            ("\"school\":\"Harvard\"", "\"student_id\":\"Harvard\""),
            ("\"school\":\"Harvard\"", "\"school\":\"Harvard\",\"currency_from\":\"EUR\""),
            ("\"school\":\"Harvard\"", "\"school\":\"Harvard\",\"amount_received\":1"),
        ] {
            let fingerprint = fingerprint_of(&BODY.replace(part, other));
            assert!(!seen.contains(&fingerprint), "{other}");
            seen.push(fingerprint);
        }
    }

    #[test]
    fn a_key_means_something_to_one_caller_and_one_operation() {
        let scopes = [
            ("api", "POST /a", "k"),
            ("payer", "POST /a", "k"),
            ("api", "POST /b", "k"),
            ("api", "POST /a", "l"),
        ]
        .map(|(actor, operation, key)| claim(actor, operation, key, [0; 32]).scope_hash);
        for (place, scope) in scopes.iter().enumerate() {
            assert!(!scopes[..place].contains(scope), "{place}");
        }
    }
}
