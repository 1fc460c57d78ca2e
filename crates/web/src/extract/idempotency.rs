//! The `Idempotency-Key` of a request (draft-ietf-httpapi-idempotency-key-header).

use actix_web::http::header::HeaderMap;
use hermes_domain::ledger::{Cancellation, Command, Digest, ErasureScope, HeldMoney};
use hermes_domain::money::Money;
use hermes_domain::payment::NewBooking;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::receipt_fingerprint::{receipt_fingerprint, refund_fingerprint};
use crate::problem::{Problem, ProblemCode};

const HEADER: &str = "idempotency-key";
/// The longest key, in bytes.
const KEY_MAX: usize = 255;

/// Reads the key from the headers; `None` without such a header.
///
/// # Errors
/// 400 if the key is invalid or if there are several.
pub(super) fn idempotency_key_from_header(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut values = headers.get_all(HEADER);
    let Some(value) = values.next() else { return Ok(None) };
    let text = value.to_str().ok().filter(|_| values.next().is_none());
    parse_idempotency_key(text.unwrap_or_default().trim()).map(Some)
}

/// Parses a key, quoted or bare.
///
/// # Errors
/// 400 unless the key is 1 to 255 visible ASCII characters.
pub fn parse_idempotency_key(text: &str) -> Result<String, Problem> {
    let bare = match text.strip_prefix('"') {
        Some(rest) => rest.strip_suffix('"').unwrap_or_default(),
        None => text,
    };
    let is_visible = |byte: u8| (b'!'..=b'~').contains(&byte) && byte != b'"';
    let is_valid = !bare.is_empty() && bare.len() <= KEY_MAX && bare.bytes().all(is_visible);
    if is_valid { Ok(bare.to_owned()) } else { Err(Problem::new(ProblemCode::InvalidIdempotencyKey)) }
}

/// Hashes the scope of a key: the same key of another actor or for another operation is another key.
pub(super) fn scope_hash(actor: &str, operation: &str, key: &str) -> Digest {
    let mut hasher = Sha256::new();
    for part in [actor, operation, key] {
        // No part contains a line break.
        hasher.update(part.as_bytes());
        hasher.update(b"\n");
    }
    hasher.finalize().into()
}

/// Returns the digest of parsed values, so that member order and white space do not matter.
pub fn fingerprint(fields: &impl Serialize) -> Digest {
    // Serializing strings and numbers cannot fail.
    Sha256::digest(serde_json::to_vec(fields).unwrap_or_default()).into()
}

/// Returns the digest of a command. The same parsed request has the same digest.
pub(super) fn command_fingerprint(command: &Command) -> Digest {
    match command {
        // The zero stands for a received amount, which bookings once contained: stored fingerprints include it.
        Command::Book(NewBooking { details, amount, language }) => {
            let zero = Money::zero(amount.currency());
            match language {
                // Bookings of earlier releases had no language.
                None => fingerprint(&(details, amount, zero)),
                Some(language) => fingerprint(&(details, amount, zero, language)),
            }
        }
        Command::Correct(correction) => fingerprint(&(
            correction.target.to_string(),
            correction.expected_version,
            &correction.request,
            &correction.reason,
        )),
        Command::Cancel(Cancellation { target, expected_version, held, reason }) => match held {
            // Cancellations of earlier releases had no choice.
            HeldMoney::Refund => fingerprint(&(target.to_string(), reason, expected_version)),
            HeldMoney::Credit => fingerprint(&(target.to_string(), reason, expected_version, "credit")),
        },
        Command::RenewPageLink(target) => fingerprint(&target.to_string()),
        Command::Erase(erasure) => {
            let keeps_payment = erasure.scope == ErasureScope::History;
            fingerprint(&(erasure.target.to_string(), keeps_payment))
        }
        Command::Reopen(reopening) => fingerprint(&(
            "reopen",
            reopening.target.to_string(),
            reopening.expected_version,
            &reopening.reason,
        )),
        Command::Receipt(command) => receipt_fingerprint(command),
        Command::Refund(command) => refund_fingerprint(command),
        // Commands that change keys take no idempotency key.
        Command::Key(command) => fingerprint(&command.key_id().as_str()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hermes_domain::institution::StudentIdRule;
    use hermes_domain::payment::PaymentKey;

    use crate::extract::{JsonFields, booking_from_json, cancellation_from_json};

    #[test]
    fn a_key_is_visible_ascii_quoted_or_bare() {
        for text in ["\"abc-1\"", "abc-1"] {
            assert_eq!(parse_idempotency_key(text).unwrap(), "abc-1");
        }
        for text in ["", "\"\"", "\"abc", "a b", "é", &"x".repeat(256)] {
            assert!(parse_idempotency_key(text).is_err(), "{text}");
        }
    }

    fn fingerprint_of(body: &str) -> Digest {
        let booking =
            booking_from_json(JsonFields::parse(body.as_bytes()).unwrap(), &StudentIdRule::default())
                .unwrap();
        command_fingerprint(&Command::Book(booking))
    }

    const BODY: &str =
        r#"{"name":"Ana Ruiz","email":"ana@example.org","amount":"35000.00","school":"Harvard"}"#;

    #[test]
    fn the_notation_of_a_body_does_not_change_its_fingerprint() {
        for same in [
            r#"{"school":"Harvard","amount":"35000.00","email":"ana@example.org","name":"Ana Ruiz"}"#,
            "{\n\t\"name\" : \"Ana\\u0020Ruiz\",\r\n \"email\":\"ana@example.org\", \"amount\":3.5e4, \"school\":\"Harvard\" }",
            r#"{"name":"Ana Ruiz","email":"ana@example.org","amount":35000,"currency_from":"usd","school":"Harvard"}"#,
            r#"{"name":"Ana Ruiz","email":"ana@example.org","amount":35000.0,"school":"Harvard","student_id":null}"#,
        ] {
            assert_eq!(fingerprint_of(same), fingerprint_of(BODY), "{same}");
        }
    }

    /// A different digest would reject every retry of a request that an earlier release executed.
    #[test]
    fn the_fingerprint_of_a_booking_is_the_same_in_every_release() {
        let text = data_encoding::HEXLOWER.encode(&fingerprint_of(BODY));
        assert_eq!(text, "76cb028e7a9427742244f486119633863c3c301f31ec8beb99630bfdbcd07385");
    }

    #[test]
    fn the_values_of_a_body_change_its_fingerprint() {
        let mut seen = vec![fingerprint_of(BODY)];
        for (part, other) in [
            ("Ana Ruiz", "Ana Luz"),
            ("ana@example.org", "ana@example.com"),
            ("35000.00", "35000.01"),
            ("\"school\":\"Harvard\"", "\"student_id\":\"Harvard\""),
            ("\"school\":\"Harvard\"", "\"school\":\"Harvard\",\"currency_from\":\"EUR\""),
        ] {
            let fingerprint = fingerprint_of(&BODY.replace(part, other));
            assert!(!seen.contains(&fingerprint), "{other}");
            seen.push(fingerprint);
        }
    }

    #[test]
    fn each_value_of_a_cancellation_changes_its_fingerprint() {
        let fingerprint_of = |body: &str, version| {
            let fields = JsonFields::parse(body.as_bytes()).unwrap();
            let target = PaymentKey::parse("REF001").unwrap();
            command_fingerprint(&Command::Cancel(cancellation_from_json(target, version, fields).unwrap()))
        };
        let first = fingerprint_of(r#"{"reason":"left"}"#, Some(2));
        assert_eq!(fingerprint_of(r#"{"held":"refund","reason":"left"}"#, Some(2)), first);
        for other in [
            fingerprint_of(r#"{"held":"credit","reason":"left"}"#, Some(2)),
            fingerprint_of(r#"{"reason":"leaves"}"#, Some(2)),
            fingerprint_of(r#"{"reason":"left"}"#, Some(3)),
        ] {
            assert_ne!(other, first);
        }
    }

    #[test]
    fn actor_operation_and_key_each_change_the_scope() {
        let scopes = [
            ("api", "POST /a", "k"),
            ("payer", "POST /a", "k"),
            ("api", "POST /b", "k"),
            ("api", "POST /a", "l"),
        ]
        .map(|(actor, operation, key)| scope_hash(actor, operation, key));
        for (index, scope) in scopes.iter().enumerate() {
            assert!(!scopes[..index].contains(scope), "{index}");
        }
    }
}
