//! The body of a request as the fields of an HTML form.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};

use super::BODY_MAX;
use super::json::arrived;
use super::pairs::pairs_of;
use crate::problem::{Problem, ProblemCode};

const MEDIA_TYPE: &str = "application/x-www-form-urlencoded";

/// The fields of a form, in the order they were sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FormFields(Vec<(String, String)>);

impl FormFields {
    /// Reads a body.
    ///
    /// # Errors
    /// When it is too large, not of the form's encoding, or has a field twice.
    pub fn parse(body: &[u8]) -> Result<Self, Problem> {
        if body.len() > BODY_MAX {
            return Err(Problem::new(ProblemCode::BodyTooLarge));
        }
        pairs_of(body, ProblemCode::BadRequest).map(Self)
    }

    /// The value of a field.
    pub fn find(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

impl FromRequest for FormFields {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_form = request.content_type().eq_ignore_ascii_case(MEDIA_TYPE);
        let body = web::Bytes::from_request(request, payload);
        Box::pin(async move {
            if !is_form {
                let detail = format!("Nothing was saved. Send {MEDIA_TYPE}.");
                return Err(Problem::new(ProblemCode::UnsupportedMediaType).with_detail(detail));
            }
            Self::parse(&arrived(body).await?)
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
    fn a_body_beyond_the_limit_is_refused() {
        let body = vec![b'a'; BODY_MAX + 1];
        assert_eq!(FormFields::parse(&body).unwrap_err().code, ProblemCode::BodyTooLarge);
    }
}
