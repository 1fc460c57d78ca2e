//! The properties of a new API key, from a JSON body.

use chrono::{DateTime, Utc};
use hermes_domain::access::{ApiKey, Scope, ScopeSet};
use hermes_domain::ledger::NewKey;
use hermes_domain::{FieldError, ValidationCode};

use super::JsonFields;
use super::booking::merge_errors;
use crate::problem::Problem;

/// Parses the body of `POST /api/keys`.
///
/// # Errors
/// 422 with every error at once.
pub fn key_from_json(key: &ApiKey, mut fields: JsonFields) -> Result<NewKey, Problem> {
    let name = fields.text("name").unwrap_or_default();
    let names = fields.texts("scopes").unwrap_or_default();
    let expires_at = fields.text("expires_at");
    let mut errors = fields.into_errors();
    let scopes = scopes(&names).map_err(|error| errors.push(error)).unwrap_or_default();
    let expires_at = expires_at.map(|text| time(&text)).transpose();
    let expires_at = expires_at.map_err(|error| errors.push(error)).unwrap_or_default();
    let new = NewKey::new(key, &name, scopes, expires_at);
    merge_errors(errors, new).map_err(Problem::invalid_fields)
}

fn scopes(names: &[String]) -> Result<ScopeSet, FieldError> {
    let find = |name: &String| Scope::find(name);
    names.iter().map(find).collect::<Option<_>>().ok_or_else(|| {
        let known = ScopeSet::from_iter(Scope::ALL.iter().copied());
        FieldError::new("scopes", ValidationCode::NotAChoice, format!("use only these scopes: {known}"))
    })
}

fn time(text: &str) -> Result<DateTime<Utc>, FieldError> {
    let detail = "use a time with a time zone (RFC 3339), like 2027-06-30T00:00:00Z";
    text.parse().map_err(|_| FieldError::new("expires_at", ValidationCode::NotATime, detail))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Zero;

    impl hermes_domain::ledger::RandomSource for Zero {
        fn random(&self) -> uuid::Uuid {
            uuid::Uuid::nil()
        }
    }

    fn parse(body: &str) -> Result<NewKey, Problem> {
        key_from_json(&ApiKey::generate(&Zero), JsonFields::parse(body.as_bytes())?)
    }

    #[test]
    fn every_error_of_a_body_is_reported_at_once() {
        for (body, expected) in [
            ("{}", vec![("/name", "Required"), ("/scopes", "Required")]),
            (
                r#"{"name":"","scopes":["bookings:*"],"expires_at":"tomorrow","role":"admin"}"#,
                vec![
                    ("/role", "UnknownField"),
                    ("/scopes", "NotAChoice"),
                    ("/expires_at", "NotATime"),
                    ("/name", "Required"),
                ],
            ),
            (r#"{"name":"a","scopes":"ops:read"}"#, vec![("/scopes", "WrongType")]),
            (r#"{"name":"a","scopes":[1]}"#, vec![("/scopes", "WrongType")]),
            (
                r#"{"name":"a","scopes":["ops:read"],"expires_at":"2027-01-01"}"#,
                vec![("/expires_at", "NotATime")],
            ),
        ] {
            let problem = parse(body).unwrap_err();
            let errors =
                problem.errors().iter().map(|error| (error.pointer.clone(), format!("{:?}", error.code)));
            let expected: Vec<_> =
                expected.into_iter().map(|(pointer, code)| (pointer.to_owned(), code.to_owned())).collect();
            assert_eq!(errors.collect::<Vec<_>>(), expected, "{body}");
        }
    }

    #[test]
    fn a_valid_body_is_accepted() {
        for body in [
            r#"{"name":"billing","scopes":["ops:read","bookings:read"]}"#,
            r#"{"name":"billing","scopes":["ops:read"],"expires_at":null}"#,
            r#"{"name":"billing","scopes":["ops:read"],"expires_at":"2027-01-01T00:00:00+02:00"}"#,
        ] {
            assert!(parse(body).is_ok(), "{body}");
        }
    }
}
