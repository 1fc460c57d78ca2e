//! The fields of an HTML form.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};

use super::BODY_MAX;
use super::body::read_body;
use super::urlencoded::parse_urlencoded;
use crate::problem::{Problem, ProblemCode};

const MEDIA_TYPE: &str = "application/x-www-form-urlencoded";

/// The fields of a form, in the order of the request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FormFields(Vec<(String, String)>);

impl FormFields {
    /// Parses a body.
    ///
    /// # Errors
    /// 413 if the body is too large; 400 if the encoding is invalid or a field appears twice.
    pub fn parse(body: &[u8]) -> Result<Self, Problem> {
        if body.len() > BODY_MAX {
            return Err(Problem::new(ProblemCode::BodyTooLarge));
        }
        parse_urlencoded(body).map(Self).map_err(|error| {
            Problem::new(ProblemCode::BadRequest)
                .with_detail(format!("Nothing was saved. {}", error.advice()))
        })
    }

    /// Replaces the value of a field.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.0.retain(|(known, _)| known != name);
        self.0.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Returns the value of a field.
    pub fn find(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

impl FromRequest for FormFields {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_form = request.content_type().eq_ignore_ascii_case(MEDIA_TYPE);
        let body = read_body(request.clone(), payload.take());
        Box::pin(async move {
            if !is_form {
                let detail = format!("Nothing was saved. Send the form as {MEDIA_TYPE}.");
                return Err(Problem::new(ProblemCode::UnsupportedMediaType).with_detail(detail));
            }
            Self::parse(&body.await?)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_decoded() {
        let fields = FormFields::parse(b"name=Ana+Ruiz&email=ana%40example.org").unwrap();
        assert_eq!(fields.find("name"), Some("Ana Ruiz"));
        assert_eq!(fields.find("email"), Some("ana@example.org"));
        assert_eq!(fields.find("amount"), None);
    }

    #[test]
    fn a_body_over_the_limit_is_rejected() {
        let body = vec![b'a'; BODY_MAX + 1];
        assert_eq!(FormFields::parse(&body).unwrap_err().code, ProblemCode::BodyTooLarge);
    }
}
